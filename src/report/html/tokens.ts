/** The colours of a report: paper, ink, and magenta for what is annotated, as on a sea chart; one hue for each venue. */
export type Palette = {
  paper: string
  ink: string
  /** Text that stands back. */
  quiet: string
  rule: string
  grid: string
  /** Decisions, the pointed-at time, focus. */
  note: string
  loss: string
  /** The lines of the best static mix and of the bound. */
  static: string
  bound: string
  gas: string
  swap: string
  impact: string
  venues: readonly string[]
}

export const light: Palette = {
  paper: '#fcfdfd',
  ink: '#12222b',
  quiet: '#566670',
  rule: '#c9d3d8',
  grid: '#e3e9ec',
  note: '#a3246f',
  loss: '#b02a1c',
  static: '#6b7a83',
  bound: '#7a8f3a',
  gas: '#1f5f8b',
  swap: '#a3760f',
  impact: '#818b92',
  venues: ['#1f5f8b', '#a87a12', '#3f8a5b', '#ad4f38', '#6a5da6', '#2b8a94', '#7d7f27', '#9c5f7c'],
}

export const dark: Palette = {
  paper: '#0d161b',
  ink: '#e3ecf0',
  quiet: '#94a5ae',
  rule: '#33434c',
  grid: '#1f2c33',
  note: '#f27fbf',
  loss: '#ff8d7d',
  static: '#8d9ca5',
  bound: '#a5bd5e',
  gas: '#5fa8d8',
  swap: '#d9ac48',
  impact: '#78868e',
  venues: ['#5fa8d8', '#d9ac48', '#6dc08c', '#e08a70', '#a99ce0', '#5cc3cd', '#b9bb5c', '#d698b6'],
}

/** Custom properties of a palette. */
export function properties({ venues, ...named }: Palette): string {
  const all = [...Object.entries(named), ...venues.map((color, i) => [`v${i}`, color] as const)]
  return all.map(([name, color]) => `--${name}:${color}`).join(';')
}
