import { InvalidArgumentError } from 'commander'
import { type Address, getAddress, isAddress } from 'viem'
import { parseTime } from '../history/parse-time.ts'

/** Parser of a whole number for commander, with bounds. */
export function wholeNumber(minimum: number, maximum = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = Number(text)
    if (!/^[0-9]+$/.test(text) || value < minimum || value > maximum) {
      const range = maximum === Number.MAX_SAFE_INTEGER ? `from ${minimum}` : `from ${minimum} to ${maximum}`
      throw new InvalidArgumentError(`Give a whole number ${range}.`)
    }
    return value
  }
}

/** Parser of an address for commander; its checksum is checked where it has one. */
export function addressText(text: string): Address {
  if (!isAddress(text)) {
    throw new InvalidArgumentError(
      'Give an address: 0x and 40 hexadecimal digits, in lower case or with a valid checksum.',
    )
  }
  return getAddress(text)
}

/** Parser of a number above zero for commander. */
export function positiveNumber(text: string): number {
  const value = Number(text)
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('Give a number above zero.')
  return value
}

/** Parser of a time for commander: Unix seconds, a day, or a UTC time; gives Unix seconds. */
export function timeText(text: string): number {
  const seconds = parseTime(text)
  if (seconds === undefined) {
    throw new InvalidArgumentError(
      'Give a day such as 2023-02-20, a time such as 2023-02-20T06:00:00Z, or Unix seconds.',
    )
  }
  return seconds
}

/** Exact asset units of a decimal text such as `1000.5`. */
export function parseAmount(text: string, decimals: number): bigint | undefined {
  const match = /^([0-9][0-9_,]*)(?:\.([0-9]+))?$/.exec(text.trim())
  if (match === null) return undefined
  const [, whole = '0', fraction = ''] = match
  if (fraction.length > decimals) return undefined
  return BigInt(whole.replace(/[_,]/g, '')) * 10n ** BigInt(decimals) + BigInt(fraction.padEnd(decimals, '0') || '0')
}

/** Parser of a share for commander. */
export function shareNumber(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError('Give a share above 0 and up to 1, such as 0.4.')
  return value
}
