// Filters and sorts the questions; what is chosen stands in the address, as in #?outcome=wrong&sort=surest.
(() => {
  const form = document.querySelector("#auswahl");
  const list = document.querySelector("#liste");
  const shown = document.querySelector("#gezeigt");
  const nothing = document.querySelector("#nichts");
  const all = document.querySelector("#alles");
  const entries = [...list.children];
  const texts = new Map(); // of the entries in small letters, once somebody has searched
  const by = (name, sign) => (a, b) => sign * (a.dataset[name] - b.dataset[name]) || a.dataset.number - b.dataset.number;
  const orders = { "": by("number", 1), surest: by("confidence", -1), unsurest: by("confidence", 1), slowest: by("seconds", -1) };
  let order = "";

  const textOf = (entry) => {
    if (!texts.has(entry)) texts.set(entry, entry.textContent.toLowerCase());
    return texts.get(entry);
  };

  const chosen = () => {
    const pairs = [...new FormData(form)].map(([name, value]) => [name, value.trim()]);
    return Object.fromEntries(pairs.filter(([, value]) => value));
  };

  const apply = () => {
    const { text = "", sort = "", ...wanted } = chosen();
    const words = text.toLowerCase().split(/\s+/);
    let count = 0;
    for (const entry of entries) {
      const fits =
        Object.entries(wanted).every(([name, value]) => entry.dataset[name] === value) &&
        (!text || words.every((word) => textOf(entry).includes(word)));
      entry.hidden = !fits;
      count += fits;
    }
    if (sort !== order) {
      list.append(...[...entries].sort(orders[sort]));
      order = sort;
    }
    nothing.hidden = count > 0 || !entries.length;
    shown.textContent = form.dataset.shown.replace("{shown}", count).replace("{all}", entries.length);
  };

  const clear = () => {
    for (const field of form.elements) if (field.name) field.value = "";
  };

  const remember = () => {
    const state = new URLSearchParams(chosen()).toString();
    history.replaceState(null, "", state ? `#?${state}` : "#fragen");
  };

  // what the address asks for: a choice, or a question
  const follow = () => {
    if (location.hash.startsWith("#?")) {
      const state = new URLSearchParams(location.hash.slice(2));
      for (const field of form.elements) {
        if (field.name) field.value = state.get(field.name) ?? "";
        if (field.selectedIndex === -1) field.value = ""; // there is no such choice
      }
      apply();
      document.querySelector("#fragen").scrollIntoView();
      return;
    }
    if (!location.hash.startsWith("#q-")) return;
    const entry = document.getElementById(location.hash.slice(1));
    if (!entry) {
      shown.textContent = form.dataset.unknown;
      shown.scrollIntoView({ block: "center" });
      return;
    }
    if (entry.hidden) {
      clear();
      apply();
    }
    entry.querySelector("details").open = true;
    entry.scrollIntoView();
    entry.focus({ preventScroll: true });
  };

  let waiting;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      apply();
      remember();
    }, 120);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => {
    apply();
    remember();
  }));
  all.addEventListener("click", () => {
    const open = all.textContent === form.dataset.open;
    for (const part of list.querySelectorAll("article:not([hidden]) details")) part.open = open;
    all.textContent = open ? form.dataset.close : form.dataset.open;
  });
  addEventListener("hashchange", follow);

  // on paper nothing can be opened
  const closed = [];
  addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("details.drucken:not([open])")) {
      part.open = true;
      closed.push(part);
    }
  });
  addEventListener("afterprint", () => {
    while (closed.length) closed.pop().open = false;
  });

  form.hidden = false;
  follow();
})();
