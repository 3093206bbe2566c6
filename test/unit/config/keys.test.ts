import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import type { Hex } from 'viem'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { afterAll, describe, expect, test } from 'vitest'
import {
  encryptKeystore,
  keystoreAddress,
  loadSigner,
  openKeystore,
  parsePrivateKey,
  readSecretFile,
  signerAddress,
  writeKeystore,
} from '../../../src/config/keys.ts'
import { TillerError } from '../../../src/errors/base.ts'
import { knownAddress, knownKey } from './fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'tiller-keys-'))
const at = (name: string) => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const cast = join(process.cwd(), `node_modules/@foundry-rs/cast-${process.platform}-${arch()}/bin/cast`)
function arch(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch
}

async function messageOf(action: () => unknown): Promise<string> {
  try {
    await action()
  } catch (error) {
    if (error instanceof TillerError) return error.message.replaceAll(folder, '/keys')
    throw error
  }
  throw new Error('It raised nothing.')
}

describe('a keystore', () => {
  test('that Tiller writes is opened by Tiller and by cast, and is for its owner only', async () => {
    const key = generatePrivateKey()
    writeKeystore(at('own.json'), await encryptKeystore(key, 'pässword with spaces'))
    expect(statSync(at('own.json')).mode & 0o777).toBe(0o600)
    expect(await openKeystore(at('own.json'), 'pässword with spaces')).toBe(key)
    expect(keystoreAddress(at('own.json'))).toBe(privateKeyToAddress(key))
    const options = ['--keystore-dir', folder, '--unsafe-password', 'pässword with spaces']
    const printed = execFileSync(cast, ['wallet', 'decrypt-keystore', 'own.json', ...options], { encoding: 'utf8' })
    expect(printed).toContain(key)
  })

  test('that cast writes is opened by Tiller', async () => {
    const options = ['--private-key', knownKey, '--keystore-dir', folder, '--unsafe-password', 'abc']
    execFileSync(cast, ['wallet', 'import', 'foreign', ...options])
    expect(await openKeystore(at('foreign'), 'abc')).toBe(knownKey)
    expect(keystoreAddress(at('foreign'))).toBeUndefined()
    const config = { signer: { keystore: at('foreign'), password: { env: 'PASSWORD' } } }
    expect(await signerAddress(config, { PASSWORD: 'abc' })).toBe(knownAddress)
  })

  test('of the published specification is opened, with pbkdf2 and with scrypt', async () => {
    const key = '0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d'
    const shared = { cipher: 'aes-128-ctr' }
    const pbkdf2 = {
      version: 3,
      id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
      crypto: {
        ...shared,
        cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
        ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
        kdf: 'pbkdf2',
        kdfparams: {
          c: 262144,
          dklen: 32,
          prf: 'hmac-sha256',
          salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
        },
        mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
      },
    }
    writeFileSync(at('pbkdf2.json'), JSON.stringify(pbkdf2))
    expect(await openKeystore(at('pbkdf2.json'), 'testpassword')).toBe(key)
    const scrypt = {
      version: 3,
      id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
      crypto: {
        ...shared,
        cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
        ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
        kdf: 'scrypt',
        kdfparams: {
          dklen: 32,
          n: 262144,
          p: 8,
          r: 1,
          salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
        },
        mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
      },
    }
    writeFileSync(at('scrypt.json'), JSON.stringify(scrypt))
    expect(await openKeystore(at('scrypt.json'), 'testpassword')).toBe(key)
  })

  test('is never overwritten', async () => {
    writeFileSync(at('there.json'), 'x')
    expect(await messageOf(() => writeKeystore(at('there.json'), 'y'))).toBe(
      'A keystore is never overwritten.\n  file: /keys/there.json\nRemedy: Choose another path with --out, or move the old keystore away.',
    )
    expect(readFileSync(at('there.json'), 'utf8')).toBe('x')
  })

  test('with another password, another address or no sense at all is refused with its reason', async () => {
    writeKeystore(at('one.json'), await encryptKeystore(knownKey, 'right'))
    expect(await messageOf(() => openKeystore(at('one.json'), 'wrong'))).toBe(
      'The password does not open the keystore.\n  file: /keys/one.json\nRemedy: Give the password with which the keystore was made; a line break at its end does not count.',
    )
    const text = readFileSync(at('one.json'), 'utf8')
    writeFileSync(at('forged.json'), text.replace(knownAddress.slice(2).toLowerCase(), '00'.repeat(20)))
    expect(await messageOf(() => openKeystore(at('forged.json'), 'right'))).toBe(
      [
        'The keystore holds another key than the address in it says.',
        '  file:   /keys/forged.json',
        '  stated: 0x0000000000000000000000000000000000000000',
        `  found:  ${knownAddress}`,
        'Remedy: Do not use this file; restore the keystore from a copy.',
      ].join('\n'),
    )
    writeFileSync(at('huge.json'), text.replace('"n": 262144', '"n": 1073741824'))
    expect(await messageOf(() => openKeystore(at('huge.json'), 'right'))).toBe(
      'The file is no keystore that can be opened (web3 secret storage version 3).\n  file:   /keys/huge.json\n  reason: not as expected: crypto.kdfparams.n\nRemedy: Name a keystore written by `tiller keys`, `cast wallet` or geth.',
    )
    writeFileSync(at('text.json'), 'hello')
    expect(await messageOf(() => openKeystore(at('text.json'), 'right'))).toBe(
      'The file is no keystore that can be opened (web3 secret storage version 3).\n  file:   /keys/text.json\n  reason: it is no JSON\nRemedy: Name a keystore written by `tiller keys`, `cast wallet` or geth.',
    )
    expect(await messageOf(() => openKeystore(at('absent.json'), 'right'))).toBe(
      'The file does not exist.\n  file: /keys/absent.json\nRemedy: Check the path, or make a keystore with `tiller keys new`.',
    )
    expect(await messageOf(() => openKeystore(folder, 'right'))).toBe(
      'The file can not be read.\n  file:   /keys\n  reason: EISDIR\nRemedy: Check that it is a file and that this user may read it.',
    )
  })
})

describe('loadSigner', () => {
  test('takes a key from the environment and shows it to nobody who prints the signer', async () => {
    const signer = await loadSigner({ signer: { privateKey: { env: 'KEY' } } }, { KEY: knownKey.slice(2) })
    expect(signer.address).toBe(knownAddress)
    expect(signer.privateKey).toBe(knownKey)
    expect(signer.canSign).toBe(true)
    const printed = `${JSON.stringify({ signer })}${inspect(signer)}${JSON.stringify(Object.entries(signer))}`
    expect(printed).not.toContain(knownKey.slice(2))
    expect({ ...signer }).toEqual({ address: knownAddress, canSign: true })
  })

  test('takes the password of a keystore from the first line of a file', async () => {
    writeKeystore(at('signer.json'), await encryptKeystore(knownKey, 'line one'))
    writeFileSync(at('password'), 'line one\r\nline two\n')
    const config = { signer: { keystore: at('signer.json'), password: { file: at('password') } } }
    expect((await loadSigner(config)).privateKey).toBe(knownKey)
    expect(await signerAddress({ signer: { ...config.signer, password: { file: at('gone') } } })).toBe(knownAddress)
  })

  test('knows an address without a key, which can not sign', async () => {
    const signer = await loadSigner({ signer: { address: knownAddress } })
    expect(signer.canSign).toBe(false)
    expect(await messageOf(() => signer.privateKey)).toBe(
      `The signer is an address without a key.\n  address: ${knownAddress}\nRemedy: Give the signer a keystore or a private key by reference, or use the mode readonly, dry or paper.`,
    )
  })

  test('says what is missing', async () => {
    expect(await messageOf(() => loadSigner({}))).toBe(
      'The configuration names no signer.\nRemedy: Add the section "signer", e.g. { "keystore": "keeper.json", "password": { "env": "TILLER_PASSWORD" } }.',
    )
    expect(await messageOf(() => loadSigner({ signer: { privateKey: { env: 'KEY' } } }, { KEY: '' }))).toBe(
      'An environment variable that holds a secret is not set.\n  name: KEY\nRemedy: Set it in the environment of the process, or change the reference in the configuration.',
    )
    writeFileSync(at('empty'), '\n')
    expect(await messageOf(() => readSecretFile(at('empty')))).toBe(
      'The password is empty.\n  source: /keys/empty\nRemedy: Give a password of at least one character.',
    )
  })
})

test.each(['', '0x', '12', `0x${'00'.repeat(32)}`, `0x${'ff'.repeat(32)}`, `0x${'zz'.repeat(32)}`])(
  'the key %j is refused without being repeated',
  async (text) => {
    expect(await messageOf(() => parsePrivateKey(text, 'KEY'))).toBe(
      'The private key is not valid.\n  source: KEY\nRemedy: Give 32 bytes as 64 hexadecimal digits, with or without 0x, greater than zero and below the curve order.',
    )
  },
)

test('a key is taken in capitals and with white space around it', () => {
  expect(parsePrivateKey(` 0X${knownKey.slice(2).toUpperCase()}\n`, 'KEY')).toBe(knownKey as Hex)
})
