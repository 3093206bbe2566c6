import { configFields } from './fields.ts'
import type { ConfigInput } from './schema.ts'

/** The smallest configuration that is valid. */
const smallest: ConfigInput = {
  chain: { id: 1, rpc: { read: [{ env: 'ETHEREUM_RPC_URL' }] } },
  vault: {
    address: '0x00000000000000000000000000000000000000a1',
    guard: '0x00000000000000000000000000000000000000a2',
    venues: [{ name: 'aave-v3:usdc', kind: 'aave-v3', adapter: '0x00000000000000000000000000000000000000b1' }],
  },
  signer: { keystore: 'keeper.keystore.json', password: { env: 'TILLER_PASSWORD' } },
}

/** The reference page docs/configuration.md, whole; `scripts/generate-config-docs.mjs` writes it. */
export function renderConfigDocs(): string {
  const rows = configFields().map(({ path, env, description, expected, default: value, required }) => {
    const variable = path.includes('[]') ? '' : `\`${env}\``
    const standard = required && value === undefined ? 'required' : value === undefined ? '' : `\`${shown(value)}\``
    return `| \`${path}\` | ${cell(description)} Give ${cell(expected)}. | ${standard} | ${variable} |`
  })
  return `<!-- Written by scripts/generate-config-docs.mjs from src/config/schema.ts. Do not edit. -->
# Configuration

One file, \`tiller.config.json\`, in the working folder or where \`--config\` or \`TILLER_CONFIG\` points. \`tiller init\`
writes one, \`tiller config validate\` lists every fault of it at once, \`tiller config show\` prints what is in force,
\`tiller config schema\` prints the JSON Schema for editors. Paths are seen from the folder of the file.

\`\`\`json
${JSON.stringify(smallest, null, 2)}
\`\`\`

## Secrets
No secret stands in the file. A key is a keystore with a password by reference, or an environment variable; an endpoint
whose URL holds a token is \`{ "env": "NAME" }\`. A private key or a seed phrase anywhere in the file is refused
(\`CONFIG_LITERAL_KEY\`). Logs and messages never show endpoints or secrets.

## Values
Every value can be overridden by the environment variable beside it; lists are separated by commas, lists of objects are
JSON. The part of \`signer\` is one of three forms: \`keystore\` with \`password\`, \`privateKey\`, or \`address\`.

| value | what it is | default | variable |
|---|---|---|---|
${rows.join('\n')}
`
}

function shown(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : String(value)
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
