/* Small pieces of the page. Whatever a model or a tool wrote becomes text nodes, never markup. */

export const $ = (id) => document.getElementById(id);

export function make(tag, text, className) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
}

export function draw(tag, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

export const duration = (seconds) => seconds < 0.95 ? Math.max(1, Math.round(seconds * 1000)) + " ms" : seconds.toFixed(1) + " s";
export const show = (value) => typeof value === "string" ? value : JSON.stringify(value);

/* A text that a model or a tool wrote; a long one scrolls, also by keyboard. */
export function said(text, className = "said") {
  const node = make("p", text, className);
  if (text.length > 400) node.tabIndex = 0;
  return node;
}

/* {added: {table: [row]}, changed: {...}, removed: {...}} as one table each. */
export function showChanges(box, changes) {
  box.replaceChildren();
  for (const [kind, tables] of Object.entries(changes)) {
    for (const [name, rows] of Object.entries(tables)) {
      const wrap = make("div", undefined, "table");
      wrap.tabIndex = 0;
      wrap.setAttribute("role", "region");
      wrap.setAttribute("aria-label", name + " " + kind);
      wrap.append(tableOf(name.replaceAll("_", " ") + " · " + kind, rows));
      box.append(wrap);
    }
  }
  if (!box.children.length) box.append(make("p", "Nothing.", "soft"));
}

function tableOf(title, rows) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
    .filter((column) => rows.some((row) => cellText(row[column]) !== ""));
  const table = make("table");
  table.append(make("caption", title));
  const head = table.createTHead().insertRow();
  for (const column of columns) {
    const cell = make("th", column.replaceAll("_", " "));
    cell.scope = "col";
    head.append(cell);
  }
  const body = table.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    for (const column of columns) line.insertCell().textContent = cellText(row[column]);
  }
  return table;
}

function cellText(value) {
  if (value == null || value === false) return "";
  if (value === true) return "yes";
  return Array.isArray(value) ? value.map(show).join(", ") : show(value);
}
