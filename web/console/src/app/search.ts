/** What the addresses of pages carry after `?`. Whatever else somebody writes there is left out. */
import type { Sought } from '@/features/events/sought'
import { STEPS, type Step } from '@/shared/session/setupSteps'

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

/** Numbers are read as such from an address: `q=118` is a word all the same. */
function read(value: unknown, form: RegExp): string | undefined {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && form.test(text) ? text : undefined
}

const ID = /^[0-9A-Za-z_-]{1,64}$/
const MARK = /^[^\p{Cc}]{1,64}$/u
const WORDS = /^[^\p{Cc}]{1,200}$/u
const MINUTE = /^\d{4}-\d\d-\d\dT\d\d:\d\dZ$/

function withoutGaps<Found extends Record<string, unknown>>(found: Found) {
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
}

export function events(given: Given): Sought {
  const at = read(given.at, MINUTE)
  return withoutGaps({
    camera: read(given.camera, ID),
    at: at && !Number.isNaN(Date.parse(at)) ? at : undefined,
    q: read(given.q, WORDS),
    concept: read(given.concept, MARK),
    label: read(given.label, MARK),
    score: SCORES.find((each) => each === given.score),
  })
}

const SCORES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]

export const CLIP_STATES = ['stored', 'analyzing', 'analyzed', 'failed'] as const

export function clips(given: Given): { state?: (typeof CLIP_STATES)[number] } {
  const state = choose(given.state, CLIP_STATES)
  return state ? { state } : {}
}

/** Where in the clip one begins, in seconds. */
export function clip(given: Given): { at?: number } {
  return typeof given.at === 'number' && given.at > 0 ? { at: given.at } : {}
}
