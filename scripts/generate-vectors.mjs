// Writes the shared vectors of the policy specification: `node scripts/generate-vectors.mjs`. A unit test recomputes them.
import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const result = await build({
  entryPoints: [`${root}/scripts/make-vectors.ts`],
  bundle: true,
  format: 'esm',
  platform: 'node',
  write: false,
})
const source = Buffer.from(result.outputFiles[0].contents).toString('base64')
const { makeVectors, formatVectors } = await import(`data:text/javascript;base64,${source}`)
await mkdir(`${root}/test/vectors`, { recursive: true })
for (const [name, vectors] of Object.entries(makeVectors())) {
  const text = formatVectors(vectors)
  await writeFile(`${root}/test/vectors/${name}.json`, text)
  process.stdout.write(`${name}.json ${vectors.rows.length} rows, ${text.length} bytes\n`)
}
