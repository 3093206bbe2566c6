import { TillerError } from './base.ts'

/** An error of keys, keystores and passwords. Codes start with `KEYS_`; no message carries a secret. */
export class KeysError extends TillerError {
  override readonly name = 'KeysError'
}

export function keysFileMissing(file: string): KeysError {
  return new KeysError('The file does not exist.', {
    code: 'KEYS_FILE_MISSING',
    details: { file },
    remedy: 'Check the path, or make a keystore with `tiller keys new`.',
  })
}

export function keysFileUnreadable(file: string, reason: string): KeysError {
  return new KeysError('The file can not be read.', {
    code: 'KEYS_FILE_UNREADABLE',
    details: { file, reason },
    remedy: 'Check that it is a file and that this user may read it.',
  })
}

export function keysFileExists(file: string): KeysError {
  return new KeysError('A keystore is never overwritten.', {
    code: 'KEYS_FILE_EXISTS',
    details: { file },
    remedy: 'Choose another path with --out, or move the old keystore away.',
  })
}

export function keysNotKeystore(file: string, reason: string): KeysError {
  return new KeysError('The file is no keystore that can be opened (web3 secret storage version 3).', {
    code: 'KEYS_NOT_KEYSTORE',
    details: { file, reason },
    remedy: 'Name a keystore written by `tiller keys`, `cast wallet` or geth.',
  })
}

export function keysWrongPassword(file: string): KeysError {
  return new KeysError('The password does not open the keystore.', {
    code: 'KEYS_WRONG_PASSWORD',
    details: { file },
    remedy: 'Give the password with which the keystore was made; a line break at its end does not count.',
  })
}

export function keysAddressMismatch(file: string, stated: string, found: string): KeysError {
  return new KeysError('The keystore holds another key than the address in it says.', {
    code: 'KEYS_ADDRESS_MISMATCH',
    details: { file, stated, found },
    remedy: 'Do not use this file; restore the keystore from a copy.',
  })
}

export function keysNoPassword(): KeysError {
  return new KeysError('The password of the keystore is not given.', {
    code: 'KEYS_NO_PASSWORD',
    remedy: 'Give --password-file or --password-env, or run the command on a terminal and type it.',
  })
}

export function keysEmptyPassword(source: string): KeysError {
  return new KeysError('The password is empty.', {
    code: 'KEYS_EMPTY_PASSWORD',
    details: { source },
    remedy: 'Give a password of at least one character.',
  })
}

export function keysEnvMissing(name: string): KeysError {
  return new KeysError('An environment variable that holds a secret is not set.', {
    code: 'KEYS_ENV_MISSING',
    details: { name },
    remedy: 'Set it in the environment of the process, or change the reference in the configuration.',
  })
}

export function keysInvalid(source: string): KeysError {
  return new KeysError('The private key is not valid.', {
    code: 'KEYS_INVALID',
    details: { source },
    remedy: 'Give 32 bytes as 64 hexadecimal digits, with or without 0x, greater than zero and below the curve order.',
  })
}

export function keysNoSigner(): KeysError {
  return new KeysError('The configuration names no signer.', {
    code: 'KEYS_NO_SIGNER',
    remedy: 'Add the section "signer", e.g. { "keystore": "keeper.json", "password": { "env": "TILLER_PASSWORD" } }.',
  })
}

export function keysAddressOnly(address: string): KeysError {
  return new KeysError('The signer is an address without a key.', {
    code: 'KEYS_ADDRESS_ONLY',
    details: { address },
    remedy: 'Give the signer a keystore or a private key by reference, or use the mode readonly, dry or paper.',
  })
}
