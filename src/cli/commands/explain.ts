import type { Command } from 'commander'
import { rowMissing } from '../../errors/journal.ts'
import type { Context } from '../context.ts'
import { explainDecision } from '../explain-decision.ts'
import { withJournal } from '../open-read-journal.ts'
import { wholeNumber } from '../parse-argument.ts'

/** `tiller explain <decision>` */
export function register(command: Command, context: Context): void {
  command
    .argument('[decision]', 'id of the decision, from `tiller journal ls`; the newest when absent', wholeNumber(1))
    .action(async (id: number | undefined) => {
      await withJournal(context, async (journal) => {
        const decision =
          id === undefined ? ((await journal.decisions({ limit: 1 }))[0] ?? null) : await journal.decision(id)
        if (decision === null) throw rowMissing('decisions', id ?? 0)
        const intent = await journal.intentOfDecision(decision.id)
        const attempts = intent === null ? [] : await journal.attemptsOfIntent(intent.id)
        context.answer({
          document: { decision, intent, attempts },
          lines: explainDecision({ decision, intent, attempts }, context.paint),
        })
      })
    })
}
