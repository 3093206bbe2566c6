import type { Command } from 'commander'
import { rowMissing } from '../../errors/journal.ts'
import { explainDecision } from '../../keeper/explain-decision.ts'
import type { Context } from '../context.ts'
import { withJournal } from '../open-read-journal.ts'
import { wholeNumber } from '../parse-argument.ts'
import { renderExplanation } from '../render/explanation.ts'

/** `tiller explain <decision>` */
export function register(command: Command, context: Context): void {
  command
    .argument('[decision]', 'id of the decision, from `tiller journal ls`; the newest when absent', wholeNumber(1))
    .action(async (given: number | undefined) => {
      await withJournal(context, async (journal) => {
        const id = given ?? (await journal.decisions({ limit: 1 }))[0]?.id
        if (id === undefined) throw rowMissing('decisions', 0)
        const document = await explainDecision(journal, id)
        const decision = await journal.decision(id)
        if (decision === null) throw rowMissing('decisions', id)
        const intent = await journal.intentOfDecision(id)
        const attempts = intent === null ? [] : await journal.attemptsOfIntent(intent.id)
        context.answer({
          document,
          lines: renderExplanation({ decision, intent, attempts }, context.paint, { columns: context.columns }),
        })
      })
    })
}
