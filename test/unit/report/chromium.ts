import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The Chromium of this machine: TILLER_CHROMIUM, or where packages put it. */
export function findChromium(): string | undefined {
  const named = process.env['TILLER_CHROMIUM']
  return [...(named ? [named] : []), ...places].find((path) => existsSync(path))
}

export type Browser = {
  /** Sends a command of the DevTools protocol to the page. */
  send(method: string, parameters?: Record<string, unknown>): Promise<Record<string, unknown>>
  /** Value of an expression in the page. */
  evaluate(expression: string): Promise<unknown>
  open(url: string): Promise<void>
  /** Everything that the page asked for since it was opened, its own document included. */
  requests: string[]
  /** Errors and warnings of the page's console, refusals of its policy among them. */
  faults: string[]
  close(): Promise<void>
}

type Message = {
  id?: number
  method?: string
  sessionId?: string
  params?: Record<string, unknown>
  result?: Record<string, unknown>
  error?: { message: string }
}

/** Starts a headless Chromium with a profile of its own and one page; it is spoken to through a pipe. */
export async function startBrowser(executable: string): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'tiller-chromium-'))
  const child: ChildProcess = spawn(
    executable,
    [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      `--user-data-dir=${profile}`,
      '--remote-debugging-pipe',
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
  )
  const [input, output] = [child.stdio[3] as Writable, child.stdio[4] as Readable]
  const waiting = new Map<number, (message: Message) => void>()
  const requests: string[] = []
  const faults: string[] = []
  let loaded: (() => void) | undefined
  let id = 0
  let rest = ''

  function take(message: Message): void {
    if (message.id !== undefined) waiting.get(message.id)?.(message)
    const { method, params = {} } = message
    if (method === 'Network.requestWillBeSent') requests.push((params['request'] as { url: string }).url)
    if (method === 'Log.entryAdded') faults.push((params['entry'] as { text: string }).text)
    if (method === 'Runtime.exceptionThrown') faults.push(JSON.stringify(params['exceptionDetails']))
    if (method === 'Runtime.consoleAPICalled') faults.push(JSON.stringify(params['args']))
    if (method === 'Page.loadEventFired') loaded?.()
  }

  output.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\0')
    rest = parts.pop() ?? ''
    for (const part of parts) take(JSON.parse(part) as Message)
  })

  async function call(method: string, params: Record<string, unknown>, sessionId?: string) {
    id += 1
    const sent = id
    const answer = new Promise<Message>((done) => waiting.set(sent, done))
    input.write(`${JSON.stringify({ id: sent, method, params, sessionId })}\0`)
    const { result, error } = await answer
    if (error !== undefined) throw new Error(`${method}: ${error.message}`)
    return result ?? {}
  }

  const { targetId } = await call('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true })
  const send = (method: string, params: Record<string, unknown> = {}) => call(method, params, sessionId as string)
  for (const domain of ['Page', 'Network', 'Log', 'Runtime']) await send(`${domain}.enable`)
  return {
    send,
    requests,
    faults,
    async evaluate(expression) {
      const { result, exceptionDetails } = await send('Runtime.evaluate', { expression, returnByValue: true })
      if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails))
      return (result as { value?: unknown }).value
    },
    async open(url) {
      requests.length = 0
      faults.length = 0
      const whole = new Promise<void>((done) => {
        loaded = done
      })
      await send('Page.navigate', { url })
      await whole
    },
    async close() {
      const ended = new Promise((done) => child.once('exit', done))
      await call('Browser.close', {}).catch(() => child.kill('SIGKILL'))
      await ended
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
