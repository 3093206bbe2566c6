import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Abi, type Address, type Hex, hexToBytes } from 'viem'
import { runCompiler } from '../devnet/compile/compile-units.ts'
import { findContract } from '../devnet/compile/find-contract.ts'
import { type StandardJsonInput, standardJson } from '../devnet/compile/unit.ts'
import { verificationMismatch } from '../errors/vault.ts'

/** A contract on a chain, as it was created. */
export type VerifiableContract = {
  /** Name of the contract, as `findContract` takes it. */
  contract: string
  address: Address
  abi: Abi
  args: readonly unknown[]
  encodedArgs: Hex
  /** What `eth_getCode` answers. */
  code: Hex
  /** Transaction that created it, where it is known. */
  transaction?: Hex
}

/**
 * Writes what a source verifier needs of each contract, below `folder`:
 *
 * - `standard-json/<Contract>.json`: solc's standard JSON input, exactly as it was compiled;
 * - `constructor/<address>.json`: the arguments, readable and ABI-encoded;
 * - `sourcify/<chainId>/<address>/`: metadata.json, sources, constructor-args.txt, creator-tx-hash.txt.
 *
 * The metadata's hash must be the one inside the code on the chain, so that verifiers answer with a full match.
 *
 * @returns paths of the files, relative to the folder, sorted
 * @throws VERIFICATION_MISMATCH where the sources here are not those of the code on the chain; nothing is written then
 */
export async function writeVerificationBundle(
  folder: string,
  chainId: number,
  contracts: readonly VerifiableContract[],
): Promise<string[]> {
  const builds = new Map<string, { input: StandardJsonInput; metadata: string; file: string }>()
  for (const { contract } of contracts) {
    if (!builds.has(contract)) builds.set(contract, await metadataOf(contract))
  }
  const files = new Map<string, string>()
  for (const item of contracts) {
    const build = builds.get(item.contract)
    if (build === undefined) throw new Error('unreachable: every contract was built above')
    const expected = metadataHash(build.metadata)
    const found = embeddedMetadataHash(item.code)
    if (found !== expected) throw verificationMismatch(item.contract, item.address, expected, found ?? 'none')

    files.set(`standard-json/${item.contract}.json`, JSON.stringify(build.input, null, 2))
    files.set(`constructor/${item.address}.json`, constructorText(item, build.file))
    const place = `sourcify/${chainId}/${item.address}`
    files.set(`${place}/metadata.json`, build.metadata)
    for (const [name, { content }] of Object.entries(build.input.sources))
      files.set(`${place}/sources/${name}`, content)
    if (item.encodedArgs !== '0x') files.set(`${place}/constructor-args.txt`, item.encodedArgs)
    if (item.transaction !== undefined) files.set(`${place}/creator-tx-hash.txt`, item.transaction)
  }
  for (const [name, content] of files) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }
  return [...files.keys()].sort()
}

/** Input and metadata of a contract. Only the metadata is asked for, which needs no code to be made. */
async function metadataOf(contract: string) {
  const found = findContract(contract)
  const input = standardJson(found.unit)
  const asked = { ...input, settings: { ...input.settings, outputSelection: { [found.file]: { '*': ['metadata'] } } } }
  const output: { contracts?: Record<string, Record<string, { metadata: string }>> } = JSON.parse(
    await runCompiler(found.unit.compiler, asked),
  )
  const metadata = output.contracts?.[found.file]?.[found.contract]?.metadata
  if (metadata === undefined) throw new Error(`unreachable: ${contract} was compiled before`)
  return { input, metadata, file: found.file }
}

function constructorText({ contract, address, abi, args, encodedArgs }: VerifiableContract, file: string): string {
  const inputs = abi.find((item) => item.type === 'constructor')
  const names = inputs?.type === 'constructor' ? inputs.inputs : []
  const values = names.map(({ name, type }, index) => ({ name: name ?? '', type, value: args[index] }))
  return JSON.stringify(
    { contract: `${file}:${contract}`, address, arguments: values, encoded: encodedArgs },
    (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
    2,
  )
}

/**
 * SHA-256 multihash of a file as IPFS hashes it: one UnixFS node in one DAG-PB block, which holds for files below 256 KiB.
 * It is what solc writes at the end of the code.
 */
function metadataHash(metadata: string): Hex {
  const data = Buffer.from(metadata, 'utf8')
  const unixFs = Buffer.concat([
    Buffer.from([0x08, 0x02, 0x12]),
    varint(data.length),
    data,
    Buffer.from([0x18]),
    varint(data.length),
  ])
  const block = Buffer.concat([Buffer.from([0x0a]), varint(unixFs.length), unixFs])
  return `0x1220${createHash('sha256').update(block).digest('hex')}`
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  return Buffer.from([...bytes, rest])
}

/** The multihash inside the CBOR at the end of runtime code, or undefined where there is none. */
function embeddedMetadataHash(code: Hex): Hex | undefined {
  const bytes = hexToBytes(code)
  const length = bytes.length < 2 ? 0 : ((bytes.at(-2) ?? 0) << 8) | (bytes.at(-1) ?? 0)
  const tail = Buffer.from(bytes.subarray(Math.max(0, bytes.length - 2 - length), bytes.length - 2)).toString('hex')
  // { "ipfs": 34 bytes, … }
  const found = /^a[0-9a-f]64697066735822(1220[0-9a-f]{64})/.exec(tail)?.[1]
  return found === undefined ? undefined : `0x${found}`
}
