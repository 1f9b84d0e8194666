import { expect, it } from 'vitest'
import { findMissing } from './setupSteps'

it('what is missing is said in the order of the steps', () => {
  const found = { has_administrator: true, has_camera: true, has_live_camera: false, has_rule: false }
  expect(findMissing({ ...found, has_recipient: true, was_tested: false })).toEqual(['rule', 'test'])
  expect(findMissing({ ...found, has_rule: true, has_recipient: true, was_tested: true })).toEqual([])
})
