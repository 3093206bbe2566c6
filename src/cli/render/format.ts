/** An amount with thousands separators and at most `digits` decimals, cut towards zero; `0x`-free plain decimal text. */
export function formatAmount(amount: bigint, decimals: number, digits = Math.min(decimals, 2)): string {
  const negative = amount < 0n
  const shown = Math.min(digits, decimals)
  const scaled = (negative ? -amount : amount) / 10n ** BigInt(decimals - shown)
  const text = scaled.toString().padStart(shown + 1, '0')
  const whole = shown === 0 ? text : text.slice(0, -shown)
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return `${negative && scaled > 0n ? '-' : ''}${grouped}${shown === 0 ? '' : `.${text.slice(-shown)}`}`
}

/** `Expected gain over the horizon 623.45 less a cost of 0.27 leaves 623.18.`: all in the asset. */
export function formatGain(gain: bigint, cost: bigint, decimals: number): string {
  const amount = (value: bigint) => formatSmall(value, decimals)
  return `Expected gain over the horizon ${amount(gain)} less a cost of ${amount(cost)} leaves ${amount(gain - cost)}.`
}

/** An amount with two decimals, with all of them where two would make nothing of it. */
export function formatSmall(amount: bigint, decimals: number): string {
  const magnitude = amount < 0n ? -amount : amount
  return formatAmount(amount, decimals, magnitude * 100n < 10n ** BigInt(decimals) && amount !== 0n ? decimals : 2)
}

/** Exact decimal text of an amount, without separators and trailing zeros, as it can be typed again. */
export function exactAmount(amount: bigint, decimals: number): string {
  const text = formatAmount(amount, decimals, decimals).replaceAll(',', '')
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

/** Basis points as percent, two decimals. */
export function formatBps(bps: number): string {
  return `${(bps / 100).toFixed(2)} %`
}

/** A wad (1e18 = 100 %) as percent, two decimals, cut towards zero. */
export function formatWadPercent(wad: bigint): string {
  return `${formatAmount(wad, 16, 2)} %`
}

/** `850 ms`, `12.3 s`, `4 min 05 s`, `3 h 20 min`, `2 d 4 h`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`
  const seconds = milliseconds / 1_000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const pad = (value: number) => String(value).padStart(2, '0')
  const whole = Math.round(seconds)
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`
  if (whole < 86_400) return `${Math.floor(whole / 3_600)} h ${pad(Math.floor((whole % 3_600) / 60))} min`
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3_600)} h`
}

/** Unix seconds as `2026-01-02 03:04:05Z`. */
export function formatTime(unixSeconds: bigint | number): string {
  const date = new Date(Number(unixSeconds) * 1_000)
  return Number.isNaN(date.getTime()) ? String(unixSeconds) : `${date.toISOString().slice(0, 19).replace('T', ' ')}Z`
}

/** The supply rate of the moment; `–` for an ERC-4626, which names none: the keeper measures how its shares grow. */
export function formatSupplyApr(venue: { ref: { kind: string }; supplyAprWad: bigint } | undefined): string {
  return venue === undefined || venue.ref.kind === 'erc4626' ? '–' : formatWadPercent(venue.supplyAprWad)
}
