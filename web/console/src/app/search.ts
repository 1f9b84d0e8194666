import { STEPS, type Step } from '@/shared/session/setupSteps'

/** What the addresses of pages carry after `?`. Whatever else somebody writes there is left out. */
type Given = Record<string, unknown>

function choose<Choice extends string>(value: unknown, choices: readonly Choice[]): Choice | undefined {
  return choices.find((each) => each === value)
}

/** Where to go after signing in: a page of the console, never another host. */
export function signIn(given: Given): { next?: string } {
  const { next } = given
  return typeof next === 'string' && /^\/console\/[^\\]*$/.test(next) ? { next } : {}
}

/** Which camera is shown large; by default all are, on the wall. */
export function live(given: Given): { camera?: string } {
  const { camera } = given
  return typeof camera === 'string' && /^[\w-]{1,64}$/.test(camera) ? { camera } : {}
}

export const ALERT_STATES = ['raised', 'acknowledged', 'dismissed'] as const

export function alerts(given: Given): { state?: (typeof ALERT_STATES)[number] } {
  const state = choose(given.state, ALERT_STATES)
  return state ? { state } : {}
}

/** Which step of the first start is open; without one it is the first that is missing. */
export function start(given: Given): { step?: Step } {
  const step = choose(given.step, STEPS)
  return step ? { step } : {}
}

export const SYSTEM_TABS = ['health', 'jobs', 'storage', 'keys', 'users', 'sessions', 'audit', 'models'] as const
export const JOB_STATES = ['buried', 'due', 'handed', 'running'] as const
export const AUDIT_ACTIONS = ['saw', 'changed', 'answered', 'signed_in', 'refused'] as const

interface SystemSearch {
  tab?: (typeof SYSTEM_TABS)[number]
  state?: (typeof JOB_STATES)[number]
  action?: (typeof AUDIT_ACTIONS)[number]
  whose?: string
}

export function system(given: Given): SystemSearch {
  const tab = choose(given.tab, SYSTEM_TABS)
  const state = choose(given.state, JOB_STATES)
  const action = choose(given.action, AUDIT_ACTIONS)
  const whose = typeof given.whose === 'string' && given.whose ? given.whose.slice(0, 120) : undefined
  return { ...(tab && { tab }), ...(state && { state }), ...(action && { action }), ...(whose && { whose }) }
}

/** What a new rule is begun with: a template, or words that somebody read, and where. */
export function newRule(given: Given): { template?: string; words?: string; camera?: string } {
  const found: { template?: string; words?: string; camera?: string } = {}
  if (isWord(given.template)) found.template = given.template
  // A number alone, such as a licence plate, is read as one from the address.
  if (isWord(given.words) || typeof given.words === 'number') found.words = String(given.words)
  if (isWord(given.camera)) found.camera = given.camera
  return found
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
