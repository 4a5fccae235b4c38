// The table of agents: rows patched in place, sorted and filtered as the reader wants, also while they change.

import { duration, fill, number, percent, write } from "./format.js";

/**
 * @typedef {[string, string, string, string, number|null, number|null, number|null, number|null, number|null, number|null, number, string]} Row
 *   key, name, partner, group, since, calls, AHT, sales reported, confirmed, conversion, contacts, certificates that the agent's call asks for in vain
 */

const COLUMN = { name: 1, partner: 2, state: 3, since: 4, calls: 5, aht: 6, sales: 7, confirmed: 8, conversion: 9 };
const LATE_S = 300;
// Made once: a comparison that makes its own takes many times as long.
const { compare } = new Intl.Collator();

export class Table {
  /**
   * @param {HTMLTableElement} table @param {Record<string, string>} labels of the groups, in their order
   * @param {Record<string, string>} messages
   */
  constructor(table, labels, messages) {
    this.body = /** @type {HTMLTableSectionElement} */ (table.tBodies[0]);
    this.heads = /** @type {HTMLElement[]} */ ([...table.querySelectorAll("[data-sort]")]);
    this.labels = labels;
    this.messages = messages;
    this.groups = Object.keys(labels);
    /** @type {Map<string, HTMLTableRowElement>} */
    this.lines = new Map([...this.body.rows].map((line) => [line.dataset.key ?? "", line]));
    const sorted = this.heads.find((head) => head.ariaSort);
    this.sort = /** @type {keyof typeof COLUMN} */ (sorted?.dataset.sort ?? "name");
    this.down = sorted?.ariaSort === "descending";
    this.query = "";
    this.state = "";
  }

  /** Sort by a column; the second time the other way round. @param {string} column */
  sortBy(column) {
    this.down = column === this.sort && !this.down;
    this.sort = /** @type {keyof typeof COLUMN} */ (column);
    for (const head of this.heads) {
      if (head.dataset.sort === column) head.ariaSort = this.down ? "descending" : "ascending";
      else head.removeAttribute("aria-sort");
    }
  }

  /**
   * Show the rows as they are now. @param {Map<string, Row>} rows @param {number} now second
   * @param {Record<string, number|null>} silent partners @param {Record<string, string>} links
   * @returns {number} how many are to be seen
   */
  show(rows, now, silent, links) {
    for (const [key, line] of this.lines) {
      if (!rows.has(key)) {
        line.remove();
        this.lines.delete(key);
      }
    }
    const words = this.query.toLowerCase().split(/\s+/).filter(Boolean);
    let seen = 0;
    for (const row of rows.values()) {
      const line = this.lines.get(row[0]) ?? this.#newLine(row[0], links);
      const text = `${row[1]} ${row[2]}`.toLowerCase();
      line.hidden = !((!this.state || row[3] === this.state) && words.every((word) => text.includes(word)));
      if (!line.hidden) {
        seen += 1;
        this.#patch(line, row, now, silent);
      }
    }
    this.#arrange(rows);
    return seen;
  }

  /** @param {string} key @param {Record<string, string>} links */
  #newLine(key, links) {
    const line = document.createElement("tr");
    line.dataset.key = key;
    const [partner, agent] = [key.slice(0, key.indexOf("/")), key.slice(key.indexOf("/") + 1)];
    const linked = /** @type {Record<string, string>} */ ({ name: "agent", calls: "calls", sales: "sales", confirmed: "confirmed", conversion: "conversion" });
    for (const name of Object.keys(COLUMN)) {
      const cell = document.createElement(name === "name" ? "th" : "td");
      cell.className = `c-${name}${COLUMN[/** @type {keyof typeof COLUMN} */ (name)] > 3 ? " n" : ""}`;
      if (name === "name") cell.scope = "row";
      if (name in linked) {
        const link = document.createElement("a");
        const address = links[linked[name]].replace("{partner}", encodeURIComponent(partner));
        link.href = address.replace("{agent}", encodeURIComponent(agent));
        cell.append(link);
      }
      if (name === "state") {
        const mark = document.createElement("span");
        mark.ariaHidden = "true";
        cell.append(mark, "");
      }
      line.append(cell);
    }
    this.body.append(line);
    this.lines.set(key, line);
    return line;
  }

  /** @param {HTMLTableRowElement} line @param {Row} row @param {number} now @param {Record<string, number|null>} silent */
  #patch(line, row, now, silent) {
    const [key, name, partner, group, since, calls, aht, sales, confirmed, conversion, contacts, lacks] = row;
    const [cName, cPartner, cState, cSince, cCalls, cAht, cSales, cConfirmed, cConversion] = line.cells;
    write(cName.firstElementChild, name);
    write(cPartner, partner);
    this.#patchState(cState, group, silent[key.slice(0, key.indexOf("/"))], lacks);
    const age = since == null ? null : now - since;
    write(cSince, duration(age));
    cSince.classList.toggle("late", group === "wrap_up" && (age ?? 0) > LATE_S);
    write(cCalls.firstElementChild, number(calls));
    write(cAht, duration(aht));
    write(cSales.firstElementChild, number(sales));
    write(cConfirmed.firstElementChild, number(confirmed));
    write(cConversion.firstElementChild, percent(conversion));
    cConversion.title = `n ${number(contacts)}`;
  }

  /**
   * @param {HTMLTableCellElement} cell @param {string} group @param {number|null|undefined} last event of a silent partner
   * @param {string} lacks certificates
   */
  #patchState(cell, group, last, lacks) {
    const { since, never } = this.messages;
    const time = last == null ? "" : new Date(last * 1000).toISOString().slice(11, 16);
    const note = last === undefined ? "" : last === null ? never : fill(since, { time });
    const lacking = lacks ? fill(this.messages.lacks, { names: lacks }) : "";
    const mark = /** @type {HTMLElement} */ (cell.firstElementChild);
    const marked = `mark ${group}`;
    if (mark.className === marked && cell.textContent === [this.labels[group], note, lacking].filter(Boolean).join(" ")) return;
    mark.className = marked;
    cell.replaceChildren(mark, this.labels[group]);
    if (note) {
      const small = document.createElement("small");
      small.textContent = note;
      cell.append(" ", small);
    }
    if (lacking) {
      const small = document.createElement("small");
      small.className = "late";
      small.textContent = lacking;
      cell.append(" ", small);
    }
  }

  /** Move only the lines that stand wrong, and keep the focus where it is. @param {Map<string, Row>} rows */
  #arrange(rows) {
    const focused = document.activeElement;
    const column = COLUMN[this.sort];
    const value = (/** @type {Row} */ row) => {
      if (column === 3) return this.groups.indexOf(row[3]);
      if (column === 4) return row[4] == null ? null : -row[4];
      const plain = row[column];
      return typeof plain === "string" ? plain.toLowerCase() : plain;
    };
    const order = [...rows.values()].sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === y) return compare(a[1], b[1]) || (a[0] < b[0] ? -1 : 1);
      if (x === null) return 1;
      if (y === null) return -1;
      const less = typeof x === "string" ? compare(x, String(y)) < 0 : x < Number(y);
      return less !== this.down ? -1 : 1;
    });
    let place = this.body.firstElementChild;
    for (const row of order) {
      const line = /** @type {HTMLTableRowElement} */ (this.lines.get(row[0]));
      if (line === place) place = place.nextElementSibling;
      else this.body.insertBefore(line, place);
    }
    if (focused instanceof HTMLElement && focused !== document.activeElement) focused.focus({ preventScroll: true });
  }
}
