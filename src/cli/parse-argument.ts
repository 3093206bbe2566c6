import { InvalidArgumentError } from 'commander'
import { type Address, getAddress, isAddress } from 'viem'

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

/** Exact asset units of a decimal text such as `1000.5`. */
export function parseAmount(text: string, decimals: number): bigint | undefined {
  const match = /^([0-9][0-9_,]*)(?:\.([0-9]+))?$/.exec(text.trim())
  if (match === null) return undefined
  const [, whole = '0', fraction = ''] = match
  if (fraction.length > decimals) return undefined
  return BigInt(whole.replace(/[_,]/g, '')) * 10n ** BigInt(decimals) + BigInt(fraction.padEnd(decimals, '0') || '0')
}
