// A click on a source tells the server which one, through a hidden field; the marked sentence is then scrolled into view.
(() => {
  let clicks = 0;

  const reveal = (mark) => {
    const log = mark.closest('[role="log"]');
    const depth = mark.getBoundingClientRect().bottom - log.getBoundingClientRect().top + log.scrollTop;
    log.scrollTop = depth < log.clientHeight * 0.8 ? 0 : depth - log.clientHeight / 2;
    if (clicks && window.matchMedia("(max-width: 900px)").matches) mark.scrollIntoView({ block: "center" });
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#beleg-"], a[href^="#stelle-"]');
    if (!link) return;
    event.preventDefault();
    const field = document.querySelector("#chosen textarea, #chosen input");
    const set = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set;
    clicks += 1;
    set.call(field, `${link.getAttribute("href").slice(1)}/${clicks}`); // the same source twice is a change, too
    field.dispatchEvent(new Event("input", { bubbles: true }));
    const mark = document.querySelector("#reader mark.aktuell");
    if (mark) reveal(mark); // a source that is shown already is not drawn anew
  });

  new MutationObserver(() => {
    const mark = document.querySelector("#reader mark.aktuell");
    if (!mark || mark.dataset.seen) return;
    mark.dataset.seen = "yes";
    reveal(mark);
  }).observe(document, { childList: true, subtree: true });
})();
