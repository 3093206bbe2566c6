/** Markup that is already safe to stand in a document. */
export type Markup = { readonly markup: string }

export type Content = Markup | string | number | false | undefined | readonly Content[]

/** Markup from a template: what is filled in is escaped, unless it is markup itself; false and undefined are nothing. */
export function html(parts: TemplateStringsArray, ...values: Content[]): Markup {
  return { markup: parts.map((part, i) => part + (i < values.length ? textOf(values[i]) : '')).join('') }
}

/** Markup of a text that is known to be safe: a style sheet, a script. */
export function raw(markup: string): Markup {
  return { markup }
}

/** A name that may break behind its joints. */
export function breakable(name: string): Content {
  return name.split(/(?<=[_:/.-])/).map((part, i) => (i === 0 ? part : html`<wbr>${part}`))
}

/** A number for people, with its exact value for programs. */
export function data(value: number, text: string): Markup {
  return html`<data value="${String(value)}">${text}</data>`
}

function textOf(value: Content): string {
  if (value === undefined || value === false) return ''
  if (typeof value === 'string') return escapeText(value)
  if (typeof value === 'number') return String(value)
  if ('markup' in value) return value.markup
  return value.map(textOf).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] as string)
}
