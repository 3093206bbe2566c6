import { type Address, type Hex, keccak256, size } from 'viem'
import type { ContractOutput, LinkReferences } from '../compile/unit.ts'

type Place = { start: number; length: number }

/** Puts library addresses where a creation code has placeholders. Throws if a library is missing. */
export function linkLibraries(
  code: Hex,
  references: LinkReferences,
  libraries: Readonly<Record<string, Address>>,
): Hex {
  let linked = code.slice(2)
  for (const [name, places] of Object.values(references).flatMap((file) => Object.entries(file))) {
    const address = libraries[name]
    if (address === undefined) throw new Error(`Library ${name} is not deployed yet`)
    for (const { start, length } of places) {
      linked = linked.slice(0, start * 2) + address.slice(2).toLowerCase() + linked.slice((start + length) * 2)
    }
  }
  return `0x${linked}`
}

/** The artifact's runtime code with zeros where links and immutables go, so that it can be hashed. */
function artifactCode(artifact: ContractOutput): Hex {
  return zeroed(artifact.deployedBytecode, linkPlaces(artifact))
}

/**
 * True where the code on the chain is the artifact's: equal byte by byte, but for library links, immutables, and the
 * own address that a library carries behind its first PUSH20.
 */
export function isCodeOf(artifact: ContractOutput, chainCode: Hex): boolean {
  const expected = artifactCode(artifact)
  if (size(chainCode) !== size(expected)) return false
  const open = [...linkPlaces(artifact), ...immutablePlaces(artifact, expected), ...ownAddressPlace(expected)]
  return zeroed(chainCode, open) === zeroed(expected, open)
}

/** keccak256 of `artifactCode`. */
export function artifactHash(artifact: ContractOutput): Hex {
  return keccak256(artifactCode(artifact))
}

function linkPlaces(artifact: ContractOutput): Place[] {
  return Object.values(artifact.deployedLinkReferences).flatMap((file) => Object.values(file).flat())
}

/** From the compiler where it says so; else (artifacts published without) every PUSH32 of zero. */
function immutablePlaces(artifact: ContractOutput, code: Hex): Place[] {
  const listed = Object.values(artifact.immutableReferences).flat()
  if (listed.length > 0) return listed
  const bytes = Buffer.from(code.slice(2), 'hex')
  const places: Place[] = []
  for (let at = 0; at < bytes.length; at += 1) {
    const opcode = bytes[at] ?? 0
    if (opcode < 0x60 || opcode > 0x7f) continue
    const length = opcode - 0x5f
    if (length === 32 && bytes.subarray(at + 1, at + 33).every((byte) => byte === 0)) {
      places.push({ start: at + 1, length })
    }
    at += length
  }
  return places
}

function ownAddressPlace(code: Hex): Place[] {
  return code.startsWith(`0x73${'00'.repeat(20)}`) ? [{ start: 1, length: 20 }] : []
}

function zeroed(code: Hex, places: readonly Place[]): Hex {
  let text = code.slice(2).toLowerCase()
  for (const { start, length } of places) {
    text = text.slice(0, start * 2) + '00'.repeat(length) + text.slice((start + length) * 2)
  }
  return `0x${text}`
}
