// What the page does by itself: tells the server what was clicked, copies and saves, keeps conversations, language and
// theme, the keyboard. BELEGSTELLE has the words of the page, by language, LIMITS how much is taken; the program puts
// both before this script.
(() => {
  const AREAS = [
    ["#clicked", /^#(beleg|stelle|woertlich|ueberall|meinten|kopie|urteil|ausfuhr)-|^#article=/],
    ["#picked", /^#(lesen|entfernen|ja|nein|zurueck|mehr)\b/],
    ["#recalled", /^#(gespraech|umbenennen|loeschen|weg)-|^#behalten\b/],
  ];

  const language = document.documentElement.lang; // the server has set it
  const words = BELEGSTELLE[language];

  const theme = localStorage.getItem("belegstelle-theme");
  const showTheme = (name) => document.body && document.body.classList.toggle("dark", name === "dark");

  const narrow = window.matchMedia("(max-width: 900px)"); // the source then stands below the conversation

  const part = (field) => document.querySelector(`${field} textarea, ${field} input`);
  const put = (input, text) => {
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(input), "value").set.call(input, text);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };

  let clicks = 0;
  const tell = (field, text) => {
    const input = part(field);
    if (!input) return;
    clicks += 1;
    put(input, `${text}/${clicks}`);
  };

  const say = (text, seconds = 2.5) => {
    const voice = document.querySelector("#stimme");
    voice.textContent = text;
    voice.classList.add("sichtbar");
    clearTimeout(say.timer);
    say.timer = setTimeout(() => voice.classList.remove("sichtbar"), 1000 * seconds);
  };

  // The framework's own messages are not shown, since they are in another language or tell of its insides: what went
  // wrong is told in our words, and where its cause is not seen here, that something did.
  let complained = 0;
  const complain = (text) => {
    complained = Date.now();
    say(text, 8);
  };
  const fetched = window.fetch;
  window.fetch = async (...request) => {
    try {
      const response = await fetched(...request);
      const told = { 401: words.login_again, 503: words.queue_full }[response.status];
      if (told) complain(told);
      return response;
    } catch (error) {
      if (error.name !== "AbortError") complain(words.lost);
      throw error;
    }
  };
  const explain = async (message) => {
    if (message.dataset.seen) return;
    message.dataset.seen = "yes";
    await window.fetch("gradio_api/app_id").catch(() => {}); // is the program there at all?
    if (Date.now() - complained > 2000) complain(words.went_wrong);
  };

  // files: dropped anywhere else they would take the place of the page, and too many or too large ones are not sent
  const refusal = (files) => {
    const megabytes = (bytes) => Math.floor(bytes / 1e6);
    const large = files.find((file) => file.size > LIMITS.file);
    if (large) return words.file_too_large.replace("{limit}", megabytes(LIMITS.file)).replace("{name}", () => large.name);
    if (files.length > LIMITS.files) return words.too_many_files.replace("{limit}", LIMITS.files);
    const sent = files.reduce((bytes, file) => bytes + file.size + 1000, 0); // each with its name around it
    return sent > LIMITS.upload ? words.upload_too_large.replace("{limit}", megabytes(LIMITS.upload)) : "";
  };
  const refuse = (event, files) => {
    const told = refusal([...(files ?? [])]);
    if (!told) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    complain(told);
  };
  const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  for (const type of ["dragover", "drop"]) {
    window.addEventListener(type, (event) => {
      if (event.target.closest?.("#upload")) return;
      if (!holdsFiles(event) && event.target.closest?.("input, textarea")) return; // text may be dropped there
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = "none";
    });
  }
  document.addEventListener("drop", (event) => event.target.closest?.("#upload") && refuse(event, event.dataTransfer?.files), true);
  document.addEventListener("change", (event) => {
    if (!event.target.matches?.("#upload input[type=file]")) return;
    refuse(event, event.target.files);
    if (event.defaultPrevented || complained > Date.now() - 100) event.target.value = ""; // the same may be chosen again
  }, true);

  // Conversations are kept here, and several pages may change them: of each the newest counts, and a deleted one is gone.
  const KEPT = "belegstelle-kept";
  const MOST_KEPT = 50;
  const LONGEST_KEPT = 100000; // characters; all of them are sent with each question
  const listed = (text) => {
    try {
      return JSON.parse(text || "[]").filter((one) => typeof one?.id === "string" && typeof one.at === "string");
    } catch {
      return [];
    }
  };
  const changed = (one) => (one.changed > one.at ? one.changed : one.at);
  const merged = (...lists) => {
    const newest = new Map();
    for (const one of lists.flat()) {
      const other = newest.get(one.id);
      if (!other || (!other.deleted && (one.deleted || changed(one) > changed(other)))) newest.set(one.id, one);
    }
    const all = [...newest.values()].sort((a, b) => (a.at < b.at) - (a.at > b.at));
    const conversations = all.filter((one) => !one.deleted).slice(0, MOST_KEPT);
    while (JSON.stringify(conversations).length > LONGEST_KEPT) conversations.pop();
    return JSON.stringify([...conversations, ...all.filter((one) => one.deleted).slice(0, 4 * MOST_KEPT)]);
  };
  let kept; // as the page's field had it last
  const keep = () => {
    const input = part("#stored");
    if (!input || (input.value === kept && kept === localStorage.getItem(KEPT))) return;
    kept = merged(listed(input.value), listed(localStorage.getItem(KEPT)));
    try {
      localStorage.setItem(KEPT, kept);
    } catch {} // there is no room, or it is not allowed
    if (input.value !== kept) put(input, kept);
  };
  window.addEventListener("storage", (event) => event.key === KEPT && keep());
  window.addEventListener("pagehide", () => keep());

  // the conversation that this page shows is opened again where the page is loaded anew, in another language perhaps
  const SHOWN = "belegstelle-shown";
  let shown; // the conversation's id; undefined until the page is there
  const reopen = () => {
    const identity = part("#identity");
    if (!identity || !document.querySelector("#status")?.textContent.trim()) return;
    if (shown === undefined) {
      shown = "";
      const before = sessionStorage.getItem(SHOWN);
      if (!location.hash && listed(part("#stored")?.value).some((one) => one.id === before && !one.deleted)) tell("#recalled", `gespraech-${before}`);
    }
    if (identity.value !== shown) sessionStorage.setItem(SHOWN, (shown = identity.value));
  };

  const copy = async (text) => {
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    say(words.copied);
  };

  const save = (text, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    say(words.saved);
  };

  const reveal = (mark) => {
    const log = mark.closest('[role="log"], [role="region"]');
    const depth = mark.getBoundingClientRect().bottom - log.getBoundingClientRect().top + log.scrollTop;
    log.scrollTop = depth < log.clientHeight * 0.8 ? 0 : depth - log.clientHeight / 2;
    if (clicks && narrow.matches) mark.scrollIntoView({ block: "center" });
  };

  let naming = false; // a conversation is about to get another name
  let from; // what was clicked last: where a source stands below, the way back leads there
  document.addEventListener("click", (event) => {
    const desk = event.target.closest(".back")?.closest(".desk");
    if (!desk) return;
    const target = from?.isConnected && desk.contains(from) ? from : desk.querySelector("#question textarea, #listed [role]");
    target.scrollIntoView({ block: "center" });
    target.focus({ preventScroll: true });
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (!link) return;
    const target = link.getAttribute("href");
    if (/^#(beleg|stelle|lesen)-/.test(target) && link.closest("#chat, #listed")) from = link;
    if (link.classList.contains("verweis")) {
      event.preventDefault();
      copy(new URL(target, location.href).href);
      return;
    }
    const area = AREAS.find(([, wanted]) => wanted.test(target));
    if (!area) return;
    event.preventDefault();
    tell(area[0], target.slice(1));
    if (target.startsWith("#gespraech-")) room(0);
    naming = target.startsWith("#umbenennen-");
    const mark = document.querySelector("#source mark.aktuell");
    if (mark && target.startsWith("#beleg-")) reveal(mark); // a source that is shown already is not drawn anew
  });

  const room = (number) => document.querySelectorAll('#rooms [role="tab"]')[number]?.click();
  const field = () => document.querySelector("#question textarea");

  // an empty field asks nothing
  const askedNothing = () => field().value === "" && !document.querySelector("#chat .arbeit") && complain(words.empty_question);
  document.addEventListener("click", (event) => event.target.closest("#ask") && askedNothing());
  document.addEventListener("keydown", (event) => event.key === "Enter" && event.target === field() && askedNothing());
  document.addEventListener("keydown", (event) => event.key === "Escape" && event.target === field() && field().blur());
  document.addEventListener("keydown", (event) => event.key === "Escape" && event.target === part("#new-title") && document.querySelector("#keep").click());

  // the keyboard
  const step = (name) => document.querySelector(`#source a.${name}`)?.click();
  const toQuestion = () => {
    room(0);
    setTimeout(() => field()?.focus(), 50); // a room that was hidden is drawn first
  };
  const citation = (number) => [...document.querySelectorAll("#chat .antwort")].pop()?.querySelectorAll("a.marke")[number - 1]?.click();
  const keys = { "/": toQuestion, n: () => step("next"), p: () => step("previous") };
  for (const number of [1, 2, 3]) keys[number] = () => citation(number);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, [role=listbox], dialog")) return;
    const does = { ...keys, g: () => document.querySelector("#anew")?.click(), "?": () => help().showModal() }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  });

  const help = () => {
    let dialog = document.querySelector("#tastatur");
    if (dialog) return dialog;
    dialog = document.createElement("dialog");
    dialog.id = "tastatur";
    dialog.setAttribute("aria-labelledby", "tastatur-titel");
    const heading = document.createElement("h2");
    heading.id = "tastatur-titel";
    heading.textContent = words.help_title;
    const hints = [words.hint_ask, words.hint_open, words.hint_scope].map((hint) => {
      const line = document.createElement("p");
      line.textContent = hint;
      return line;
    });
    const strokes = document.createElement("h2");
    strokes.textContent = words.help_keys;
    const list = document.createElement("dl");
    const shown = [["/", "ask"], ["1 2 3", "citation"], ["n", "next"], ["p", "previous"], ["g", "new"], ["?", "help"], ["Esc", "close"]];
    for (const [key, what] of shown) {
      const term = document.createElement("dt");
      const stroke = document.createElement("kbd");
      stroke.textContent = key;
      term.append(stroke);
      const meaning = document.createElement("dd");
      meaning.textContent = words[`key_${what}`];
      list.append(term, meaning);
    }
    const close = document.createElement("button");
    close.textContent = words.close;
    close.addEventListener("click", () => dialog.close());
    dialog.append(heading, ...hints, strokes, list, close);
    document.body.append(dialog);
    return dialog;
  };

  // what Gradio draws is given what it lacks: names, roles, and a place in the tab order for whatever scrolls
  const named = { chat: "conversation", source: "source", listed: "tab_collection", reading: "source", history: "tab_history" };
  let progress = ""; // what of the conversation is there
  const dress = () => {
    for (const [id, name] of Object.entries(named)) {
      const log = document.querySelector(`#${id} [role="log"], #${id} [role="region"].panel-wrap`);
      if (!log || log.dataset.dressed) continue;
      log.dataset.dressed = "yes";
      log.tabIndex = 0;
      log.setAttribute("aria-label", words[name]);
      if (id !== "chat") {
        log.setAttribute("role", "region");
        log.setAttribute("aria-live", "off");
      }
    }
    for (const link of document.querySelectorAll("a.tat:not([role]), a.marke:not([role])")) link.setAttribute("role", "button");
    for (const link of document.querySelectorAll("a.marke:not([aria-label])"))
      link.setAttribute("aria-label", `${words.position.split(" ")[0]} ${link.textContent}`);
    for (const example of document.querySelectorAll("#chat .example:not([data-dressed])")) {
      example.dataset.dressed = "yes";
      example.setAttribute("aria-label", example.textContent.trim()); // its own name is a number, in English
    }
    document.querySelector("#upload button.upload-container")?.setAttribute("aria-label", words.upload);
    const box = document.querySelector("#upload [data-testid=upload-text]"); // in a narrow one stands less
    const texts = box ? [...box.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()) : [];
    const offered = texts.length > 1 ? [words.upload_drop, words.upload_choose] : [words.upload_choose];
    texts.forEach((node, n) => node.data === offered[n] || (node.data = offered[n] ?? ""));
    const or = box?.querySelector(".or");
    if (or && or.textContent !== words.upload_or) or.textContent = words.upload_or;
    for (const token of document.querySelectorAll(".token")) {
      const remove = token.querySelector(".token-remove"); // its own name is a number
      remove.title = `${words.remove}: ${token.textContent.trim()}`;
    }
    for (const header of document.querySelectorAll(".toast-header[role]")) {
      header.removeAttribute("role"); // a button cannot hold the one that closes the message
      header.removeAttribute("tabindex");
      header.querySelector(".toast-close")?.setAttribute("aria-label", words.close);
    }
    // a message's name would be its markup, tags and all, and a list of examples has buttons instead of items
    for (const message of document.querySelectorAll(":is([data-testid=bot], [data-testid=user])[aria-label]")) message.removeAttribute("aria-label");
    for (const list of document.querySelectorAll(".examples[role=list]")) list.removeAttribute("role");
    const asked = [...document.querySelectorAll("#chat .user-row")].pop();
    const now = [".antwort", ".hinweis", ".arbeit"].map((part) => document.querySelectorAll(`#chat ${part}`).length).join();
    if (asked && now !== progress) {
      const log = asked.closest('[role="log"]');
      log.scrollTop += asked.getBoundingClientRect().top - log.getBoundingClientRect().top - 8; // the question on top
      const notice = log.querySelector(".bot-row:last-child .hinweis");
      if (notice && notice.getBoundingClientRect().bottom > log.getBoundingClientRect().bottom) log.scrollTop = log.scrollHeight;
    }
    progress = now;
    const mark = document.querySelector("#source mark.aktuell");
    if (mark && !mark.dataset.seen) {
      mark.dataset.seen = "yes";
      reveal(mark);
    }
    const title = document.querySelector("#reading h2");
    if (title && !title.dataset.seen) {
      title.dataset.seen = "yes";
      title.closest('[role="region"]').scrollTop = 0;
      if (narrow.matches) title.scrollIntoView();
    }
    for (const message of document.querySelectorAll(".toast-body")) explain(message);
    if (naming && part("#new-title")?.offsetParent) {
      naming = false;
      part("#new-title").select();
    }
    keep();
    reopen();
    const handout = part("#handout");
    if (handout && handout.value && handout.dataset.seen !== handout.value) {
      handout.dataset.seen = handout.value;
      const given = JSON.parse(handout.value);
      if (given.copy) copy(given.copy);
      else save(given.save, given.name);
    }
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === " " && event.target.matches?.('a[role="button"]')) {
      event.preventDefault();
      event.target.click();
    }
  });

  // a link may open an article, or fill in a question, which is asked by whoever follows the link, never by the link
  const follow = () => {
    const [, name, text] = location.hash.match(/^#(article|question)=(.*)$/s) ?? [];
    if (name === "article") tell("#clicked", location.hash.slice(1));
    if (name !== "question" || !field()) return;
    let question = text;
    try {
      question = decodeURIComponent(text);
    } catch {} // a lone per cent sign, then
    put(field(), [...question].slice(0, LIMITS.question).join(""));
    toQuestion();
  };
  window.addEventListener("hashchange", follow);

  let opened = false;
  const start = () => {
    const live = document.createElement("div");
    live.id = "stimme";
    live.setAttribute("role", "status");
    document.body.append(live);
    const skip = document.createElement("a");
    skip.id = "skip";
    skip.href = "#question";
    skip.textContent = words.skip;
    skip.addEventListener("click", (event) => {
      event.preventDefault();
      toQuestion();
    });
    document.body.prepend(skip);
    if (theme) showTheme(theme);
    new MutationObserver(() => {
      dress();
      if (opened || !field()) return;
      opened = true;
      if (theme) showTheme(theme);
      setTimeout(follow, 300);
    }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["value", "class"] });
    setInterval(dress, 500); // a field's value changes without a mutation
    document.addEventListener("click", (event) => {
      const button = event.target.closest("#other-language, #theme, #help");
      if (!button) return;
      if (button.id === "help") help().showModal();
      if (button.id === "theme") {
        const next = document.body.classList.contains("dark") ? "light" : "dark";
        localStorage.setItem("belegstelle-theme", next);
        showTheme(next);
      }
      if (button.id === "other-language") {
        document.cookie = `belegstelle-language=${language === "de" ? "en" : "de"}; path=/; max-age=31536000; samesite=strict`;
        location.reload();
      }
    });
  };
  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
})();
