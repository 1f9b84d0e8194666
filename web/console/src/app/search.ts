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
