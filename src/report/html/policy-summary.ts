const summaries: Readonly<Record<string, string>> = {
  hold: 'It leaves the even split alone.',
  'equal-weight': 'It splits evenly, and again where a venue opens, closes or is 5 % off.',
  'best-single': 'It puts as much as the caps admit where most was paid, in hindsight.',
  'best-static-causal': 'It takes the best fixed mix of the past 90 days.',
  'best-static-hindsight': 'It takes the best fixed mix of the window, known in advance.',
  'greedy-50bp': 'It fills the venues by what they pay now, where the mean rate rises by more than 50 bp.',
  greedy: 'It fills the venues by what they pay now.',
  'water-filling': 'It takes the best mix of the grid for the rates of the moment, whatever the move costs.',
  'water-filling-payback':
    'It takes the best mix of the grid for the rates of the moment, where the move pays for itself within 24 h.',
  'smoothed-water-filling': 'It takes the best mix of the grid for averaged rates, where the move pays for itself.',
  'smoothed-water-filling-payback':
    'It takes the best mix of the grid for averaged rates, where the move pays for itself within its horizon; half-life and horizon are those that would have earned most in the past.',
  'morpho-equal-utilisation':
    'Where a utilisation is 250 bp off, it shares deposits out so that all stand at one level.',
  'yearn-ratio': 'It holds ratios by the day average of the rates, and changes them every 6 h at most.',
}

/** What a policy goes by, in one sentence; of a package what all packages do. */
export function policySummary(name: string): string {
  return (
    summaries[name] ??
    'Its network corrects smoothed water-filling: the averages that count, a bonus for staying, and the time within which a move must pay for itself.'
  )
}
