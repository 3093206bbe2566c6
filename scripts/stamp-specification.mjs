// Writes the hashes of a specification into it: keccak256 of the canonical JSON of each of its three sections.
import { readFile, writeFile } from 'node:fs/promises'
import { keccak256, toHex } from 'viem'

const file = new URL('../strategies/spec/lending-v1.json', import.meta.url)

/** Keys sorted by code unit, no white space, integers only: what `json.dumps(sort_keys=True, separators=(",", ":"))` gives. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const entries = Object.keys(value).sort()
    return `{${entries.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`
  }
  return JSON.stringify(value)
}

let text = await readFile(file, 'utf8')
const specification = JSON.parse(text)
for (const [name, section] of [
  ['schemaHash', 'observation'],
  ['architectureHash', 'architecture'],
  ['decodingHash', 'allocation'],
]) {
  const hash = keccak256(toHex(canonical(specification[section])))
  text = text.replace(new RegExp(`"${name}": "0x[0-9a-f]*"`), `"${name}": "${hash}"`)
  process.stdout.write(`${name} ${hash}\n`)
}
await writeFile(file, text)
