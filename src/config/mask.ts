import { redactText } from '../keeper/logger.ts'

const key = /^(?:0x)?[0-9a-fA-F]{64}$/
const seedPhrase = /^(?:[a-z]{3,8}\s+){11,23}[a-z]{3,8}$/

/** True for a text that is a private key or a seed phrase, as far as its form tells. */
export function looksLikeKey(text: string): boolean {
  return key.test(text.trim()) || seedPhrase.test(text.trim())
}

/** Paths whose values may be 32 bytes without being a secret. */
export function mayHoldHash(path: string): boolean {
  return path === 'policy.hash' || /^vault\.venues\.\d+\.data$/.test(path)
}

const secretPath = /(?:^|\.)(?:signer|privateKey|password|secret|token|mnemonic)(?:\.|$)/i
const longest = 60

/** A short text of a value that was found at a path, without URL and without anything that could be a secret. */
export function maskValue(path: string, value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return String(value)
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (typeof value === 'object') return 'an object'
  const text = String(value)
  if ((looksLikeKey(text) && !mayHoldHash(path)) || secretPath.test(path)) return '[secret]'
  if (path.startsWith('chain.rpc')) return '[endpoint]'
  const clean = redactText(text)
  return JSON.stringify(clean.length > longest ? `${clean.slice(0, longest)}…` : clean)
}

/** A name that a person wrote, safe to print. */
export function maskName(name: string): string {
  return looksLikeKey(name) ? '[secret]' : redactText(name).slice(0, longest)
}
