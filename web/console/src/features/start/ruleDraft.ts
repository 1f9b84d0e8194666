import type { View } from '@/shared/api/client'
import type { Language } from '@/shared/words/catalogue'

/** "red car, man with a knife" as two phrases. */
export function findPhrases(written: string): string[] {
  return [...new Set(written.split(/[,;\n]/).map((each) => each.trim()))].filter(Boolean)
}

/** A template as a rule of its own; where its words are to be one's own, with those, and by their name. */
export function writeRule(
  template: View<'RuleTemplateView'>,
  language: Language,
  phrases: readonly string[],
): View<'RuleDraft'> {
  const { rule, title } = template
  if (template.id !== 'words') return { ...rule, name: title[language] }
  const conditions = rule.conditions.map((each) => ('phrases' in each ? { ...each, phrases: [...phrases] } : each))
  return { ...rule, name: phrases.join(', ').slice(0, 100), conditions }
}
