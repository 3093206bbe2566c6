import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { inspect } from 'node:util'
import { type Address, getAddress, type Hex, hexToBytes } from 'viem'
import { privateKeyToAddress } from 'viem/accounts'
import { z } from 'zod'
import {
  keysAddressMismatch,
  keysAddressOnly,
  keysEmptyPassword,
  keysEnvMissing,
  keysFileExists,
  keysFileMissing,
  keysFileUnreadable,
  keysInvalid,
  keysNoSigner,
  keysNotKeystore,
  keysWrongPassword,
} from '../errors/keys.ts'
import type { SignerConfig } from './schema.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Who signs. The key is handed out by a getter only: printing or serialising the object shows the address. */
export type Signer = {
  readonly address: Address
  /** Raises KEYS_ADDRESS_ONLY where the configuration gives no key. */
  readonly privateKey: Hex
  readonly canSign: boolean
}

/** Bounds keep a hostile file from asking for more memory than there is. */
const hexText = z.string().regex(/^[0-9a-f]*$/)
const keystoreSchema = z.object({
  version: z.literal(3),
  address: z
    .string()
    .regex(/^(?:0x)?[0-9a-f]{40}$/)
    .optional(),
  crypto: z.object({
    cipher: z.literal('aes-128-ctr'),
    ciphertext: hexText.length(64),
    cipherparams: z.object({ iv: hexText.length(32) }),
    mac: hexText.length(64),
    kdf: z.enum(['scrypt', 'pbkdf2']),
    kdfparams: z.object({
      dklen: z.literal(32),
      salt: hexText,
      n: z.int().min(2).max(2_097_152).optional(),
      r: z.int().min(1).max(32).optional(),
      p: z.int().min(1).max(16).optional(),
      c: z.int().min(1).max(10_000_000).optional(),
      prf: z.literal('hmac-sha256').optional(),
    }),
  }),
})

/**
 * Gives the signer of a configuration, whose key is read from an encrypted keystore or an environment variable.
 *
 * Raises KEYS_NO_SIGNER, KEYS_ENV_MISSING, KEYS_INVALID, and what `openKeystore` and `readSecretFile` raise.
 */
export async function loadSigner(
  config: { signer?: SignerConfig | undefined },
  env: Environment = process.env,
): Promise<Signer> {
  const { signer } = config
  if (signer === undefined) throw keysNoSigner()
  if ('address' in signer) return addressOnly(signer.address)
  if ('privateKey' in signer) {
    const { env: name } = signer.privateKey
    return signerOf(parsePrivateKey(readEnvironment(name, env), name))
  }
  const { password } = signer
  const text = 'env' in password ? readEnvironment(password.env, env) : readSecretFile(password.file)
  return signerOf(await openKeystore(signer.keystore, text))
}

/** The address that plans are made for, without opening anything where the keystore states it. */
export async function signerAddress(
  config: { signer?: SignerConfig | undefined },
  env: Environment = process.env,
): Promise<Address | undefined> {
  const { signer } = config
  if (signer === undefined) return undefined
  if ('keystore' in signer) {
    const stated = keystoreAddress(signer.keystore)
    if (stated !== undefined) return stated
  }
  return (await loadSigner(config, env)).address
}

/** Checks 32 bytes in hex, with or without 0x. Raises KEYS_INVALID, which names `source` and never the key. */
export function parsePrivateKey(text: string, source: string): Hex {
  const digits = text.trim().replace(/^0x/i, '').toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(digits)) throw keysInvalid(source)
  const key: Hex = `0x${digits}`
  try {
    privateKeyToAddress(key) // zero and values at or above the curve order raise
  } catch {
    throw keysInvalid(source)
  }
  return key
}

/** Encrypts a key as web3 secret storage version 3 (scrypt, n = 262144), the text of a keystore file. */
export async function encryptKeystore(privateKey: Hex, password: string): Promise<string> {
  if (password === '') throw keysEmptyPassword('the given one')
  const { Wallet } = await import('@ethereumjs/wallet')
  return `${JSON.stringify(await Wallet.fromPrivateKey(hexToBytes(privateKey)).toV3(password), null, 2)}\n`
}

/**
 * Decrypts a keystore file of geth, foundry or Tiller.
 *
 * Raises KEYS_FILE_MISSING, KEYS_FILE_UNREADABLE, KEYS_NOT_KEYSTORE, KEYS_WRONG_PASSWORD or KEYS_ADDRESS_MISMATCH.
 */
export async function openKeystore(file: string, password: string): Promise<Hex> {
  const { text, keystore } = parseKeystore(file)
  const { Wallet } = await import('@ethereumjs/wallet')
  let key: Hex
  try {
    key = (await Wallet.fromV3(text, password, true)).getPrivateKeyString()
  } catch (error) {
    if (error instanceof Error && error.message.includes('passphrase')) throw keysWrongPassword(file)
    throw keysNotKeystore(file, 'its key derivation can not be computed')
  }
  const found = privateKeyToAddress(parsePrivateKey(key, file))
  if (keystore.address !== undefined && getAddress(prefixed(keystore.address)) !== found) {
    throw keysAddressMismatch(file, getAddress(prefixed(keystore.address)), found)
  }
  return key
}

/** The address that a keystore states, which it need not. */
export function keystoreAddress(file: string): Address | undefined {
  const { keystore } = parseKeystore(file)
  return keystore.address === undefined ? undefined : getAddress(prefixed(keystore.address))
}

/** Writes a keystore that only its owner may read (mode 0600). Raises KEYS_FILE_EXISTS. */
export function writeKeystore(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (existsSync(file)) throw keysFileExists(file)
    throw keysFileUnreadable(file, codeOf(error))
  }
  chmodSync(file, 0o600) // the mode at creation is cut by the umask
}

/** First line of a file that holds a secret. Raises KEYS_FILE_MISSING, KEYS_FILE_UNREADABLE or KEYS_EMPTY_PASSWORD. */
export function readSecretFile(file: string): string {
  const line = readText(file).split(/\r?\n/)[0] ?? ''
  if (line === '') throw keysEmptyPassword(file)
  return line
}

/** Value of an environment variable that holds a secret. Raises KEYS_ENV_MISSING. */
export function readEnvironment(name: string, env: Environment): string {
  const text = env[name]
  if (text === undefined || text === '') throw keysEnvMissing(name)
  return text
}

function parseKeystore(file: string): { text: string; keystore: z.output<typeof keystoreSchema> } {
  const text = readText(file)
  let parsed: unknown
  try {
    parsed = JSON.parse(text.toLowerCase())
  } catch {
    throw keysNotKeystore(file, 'it is no JSON')
  }
  const result = keystoreSchema.safeParse(parsed)
  if (!result.success) {
    const paths = result.error.issues.map((issue) => issue.path.join('.') || 'the whole file')
    throw keysNotKeystore(file, `not as expected: ${[...new Set(paths)].join(', ')}`)
  }
  return { text, keystore: result.data }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw codeOf(error) === 'ENOENT' ? keysFileMissing(file) : keysFileUnreadable(file, codeOf(error))
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}

function prefixed(address: string): Hex {
  return address.startsWith('0x') ? (address as Hex) : `0x${address}`
}

function signerOf(privateKey: Hex): Signer {
  return guarded(privateKeyToAddress(privateKey), true, () => privateKey)
}

function addressOnly(address: Address): Signer {
  return guarded(address, false, () => {
    throw keysAddressOnly(address)
  })
}

function guarded(address: Address, canSign: boolean, key: () => Hex): Signer {
  const signer = { address, canSign }
  const shown = () => ({ address, canSign })
  Object.defineProperty(signer, 'privateKey', { get: key, enumerable: false })
  Object.defineProperty(signer, 'toJSON', { value: shown, enumerable: false })
  Object.defineProperty(signer, inspect.custom, { value: shown, enumerable: false })
  return Object.freeze(signer) as Signer
}
