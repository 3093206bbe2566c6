import type { Command } from 'commander'
import { rowMissing } from '../../errors/journal.ts'
import type { Context } from '../context.ts'
import { withJournal } from '../open-read-journal.ts'
import { jsonText } from '../output.ts'
import { wholeNumber } from '../parse-argument.ts'
import { formatTime } from '../render/format.ts'
import { countCodes } from '../render/refusals.ts'
import { renderTable } from '../render/table.ts'

/** `tiller journal ls|show` */
export function register(command: Command, context: Context): void {
  command
    .command('ls')
    .description('decisions, newest first; or transactions, or events')
    .option('--limit <n>', 'how many', wholeNumber(1, 10_000), 20)
    .option('--attempts', 'signed transactions instead of decisions')
    .option('--events', 'events instead of decisions')
    .action(async (options: { limit: number; attempts?: boolean; events?: boolean }) => {
      await withJournal(context, async (journal) => {
        const { limit } = options
        if (options.attempts === true) {
          const attempts = await journal.attempts({ limit })
          context.answer({
            document: { attempts: attempts.map(({ raw: _, ...attempt }) => attempt) },
            lines: renderTable(
              [
                { name: 'id', align: 'right' },
                { name: 'kind' },
                { name: 'nonce', align: 'right' },
                { name: 'status' },
                { name: 'hash' },
              ],
              attempts.map(({ id, kind, nonce, status, hash }) => [String(id), kind, String(nonce), status, hash]),
              context.paint,
            ),
          })
          return
        }
        if (options.events === true) {
          const events = await journal.events({ limit })
          context.answer({
            document: { events },
            lines: renderTable(
              [
                { name: 'id', align: 'right' },
                { name: 'time' },
                { name: 'event' },
                { name: 'decision', align: 'right' },
              ],
              events.map(({ id, atMs, name, decisionId }) => [
                String(id),
                formatTime(Math.floor(atMs / 1_000)),
                name,
                decisionId === null ? '' : String(decisionId),
              ]),
              context.paint,
            ),
          })
          return
        }
        const decisions = await journal.decisions({ limit })
        context.answer({
          document: { decisions },
          lines:
            decisions.length === 0
              ? ['The journal holds no decision yet.']
              : renderTable(
                  [
                    { name: 'id', align: 'right' },
                    { name: 'block time' },
                    { name: 'block', align: 'right' },
                    { name: 'mode' },
                    { name: 'policy' },
                    { name: 'outcome' },
                    { name: 'reasons' },
                  ],
                  decisions.map((row) => [
                    String(row.id),
                    formatTime(row.blockTimestamp),
                    String(row.blockNumber),
                    row.mode,
                    row.policyName,
                    row.outcome,
                    countCodes(row.refusals),
                  ]),
                  context.paint,
                ),
        })
      })
    })

  command
    .command('show')
    .description('one decision with everything that was stored about it')
    .argument('<decision>', 'id of the decision, from `tiller journal ls`', wholeNumber(1))
    .action(async (id: number) => {
      await withJournal(context, async (journal) => {
        const decision = await journal.decision(id)
        if (decision === null) throw rowMissing('decisions', id)
        const intent = await journal.intentOfDecision(id)
        const attempts = intent === null ? [] : await journal.attemptsOfIntent(intent.id)
        const events = await journal.events({ decisionId: id })
        const document = { decision, intent, attempts, events }
        context.answer({ document, lines: [jsonText(document)] })
      })
    })
}
