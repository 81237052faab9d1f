/* Completions below the search box: what is typed goes on as the articles write it, or leads to one by its title.

   The pattern is the combobox of ARIA 1.2: the focus stays in the box, and what the arrows have come to is told by
   `aria-activedescendant`. Without this file the box is a plain search box, and everything else is as it was. */

const PAUSE = 120; // milliseconds without a key before anything is asked
const SIZE = 6; // completions, and as many titles at most
const TITLES = 4;

class Suggestions {
  constructor(form) {
    this.form = form;
    this.box = form.elements.q;
    this.list = document.createElement("ul");
    this.list.id = "suggestions";
    this.list.className = "suggestions";
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Suggestions");
    this.box.parentElement.append(this.list);
    for (const [name, value] of Object.entries({
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.list.id,
      "aria-haspopup": "listbox",
    })) this.box.setAttribute(name, value);

    this.active = -1;
    this.timer = 0;
    this.asking = null; // what breaks off the request that is under way
    this.box.addEventListener("input", (event) => this.onInput(event));
    this.box.addEventListener("keydown", (event) => this.onKey(event));
    this.box.addEventListener("blur", () => this.close());
    form.addEventListener("submit", () => this.close());
    // The focus stays in the box, so that it does not lose the list before the click is through.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.choose(event.target.closest("[role=option]")));
  }

  get options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  onInput(event) {
    // What is being composed, as Japanese is, is no word yet.
    if (!event.isComposing) this.askSoon();
  }

  onKey(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    const isOpen = !this.list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (isOpen) this.move(event.key === "ArrowDown" ? 1 : -1);
      else if (event.key === "ArrowDown") this.ask();
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      this.close();
    } else if (event.key === "Enter" && isOpen && this.active >= 0) {
      event.preventDefault();
      this.choose(this.options[this.active]);
    } else if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) {
      this.mark(-1);
    }
  }

  /* From the box to the first option, from the last to the box again, and the same way back. */
  move(step) {
    const places = this.options.length + 1;
    this.mark(((this.active + 1 + step + places) % places) - 1);
  }

  mark(place) {
    this.active = place;
    this.options.forEach((option, number) => option.setAttribute("aria-selected", String(number === place)));
    const option = this.options[place];
    if (option) {
      this.box.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      this.box.removeAttribute("aria-activedescendant");
    }
  }

  choose(option) {
    if (!option) return;
    const { href, text } = option.dataset;
    this.close();
    if (href) {
      window.location.assign(href);
    } else {
      this.box.value = text;
      this.form.requestSubmit();
    }
  }

  askSoon() {
    this.stopAsking();
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  stopAsking() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.asking = null;
  }

  async ask() {
    this.stopAsking();
    const typed = this.box.value;
    // What is completed is the last word, and not one that is mended in the middle.
    if (!typed.trim() || this.box.selectionEnd < typed.length) {
      this.close();
      return;
    }
    const asking = new AbortController();
    this.asking = asking;
    try {
      const query = new URLSearchParams({ q: typed, size: String(SIZE) });
      const response = await fetch(`${this.form.dataset.suggest}?${query}`, { signal: asking.signal });
      // What cannot be answered is nothing that whoever types has to hear of.
      const found = response.ok ? await response.json() : { completions: [], titles: [] };
      if (this.asking === asking) this.show(found);
    } catch (error) {
      if (error.name !== "AbortError") this.close();
    }
  }

  show({ completions, titles }) {
    // What is there already need not be offered.
    const typed = this.box.value.trim().toLowerCase();
    const words = completions.filter(({ text }) => text.toLowerCase() !== typed).map(({ text }) => {
      const option = this.makeOption(text, "word");
      option.dataset.text = text;
      return option;
    });
    const articles = titles.slice(0, TITLES).map(({ id, title }) => {
      const option = this.makeOption(title, "title");
      option.dataset.href = this.form.dataset.article.replace("ID", id.split("/").map(encodeURIComponent).join("/"));
      return option;
    });
    this.list.replaceChildren(...words, ...articles);
    this.options.forEach((option, number) => { option.id = `suggestion-${number}`; });
    this.mark(-1);
    const isOpen = this.options.length > 0 && document.activeElement === this.box;
    this.list.hidden = !isOpen;
    this.box.setAttribute("aria-expanded", String(isOpen));
  }

  makeOption(text, kind) {
    const option = document.createElement("li");
    option.setAttribute("role", "option");
    option.className = kind;
    const shown = document.createElement("bdi");
    shown.textContent = text;
    option.append(shown);
    return option;
  }

  close() {
    this.stopAsking();
    this.list.hidden = true;
    this.box.setAttribute("aria-expanded", "false");
    this.mark(-1);
  }
}

const form = document.querySelector("form[data-suggest]");
if (form) new Suggestions(form);
