import { expect, it } from 'vitest'
import type { View } from '@/shared/api/client'
import { findPhrases, writeRule } from './ruleDraft'

const template = {
  id: 'words',
  title: { en: 'Own words', fr: 'Ses propres mots' },
  needs: 'captions',
  rule: { name: 'Own words', conditions: [{ kind: 'caption', phrases: ['red car'], min_score: 0.3 }] },
} as unknown as View<'RuleTemplateView'>

it('phrases are what stands between commas, each once', () => {
  expect(findPhrases(' red car, man with a knife;red car,, ')).toEqual(['red car', 'man with a knife'])
})

it('own words become the condition and the name', () => {
  const rule = writeRule(template, 'fr', ['dog', 'cat'])
  expect(rule.name).toBe('dog, cat')
  expect(rule.conditions).toEqual([{ kind: 'caption', phrases: ['dog', 'cat'], min_score: 0.3 }])
})

it('any other template is called by its title', () => {
  expect(writeRule({ ...template, id: 'fight' }, 'fr', []).name).toBe('Ses propres mots')
})
