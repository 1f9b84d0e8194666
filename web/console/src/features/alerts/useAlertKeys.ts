import type { KeyboardEvent } from 'react'
import { type Alert, useAnswer } from './queries'

const STEPS: Readonly<Record<string, number>> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }

/**
 * Keys for the alert that has the focus. Inside the list only: single letters that always act would be in the way of
 * those who speak to their computer (WCAG 2.1.4).
 */
export function useAlertKeys(alerts: readonly Alert[], mayAnswer: boolean) {
  const answer = useAnswer()
  return (event: KeyboardEvent<HTMLElement>) => {
    const found = findAlert(event, alerts)
    if (!found) return
    const step = STEPS[event.key]
    if (step !== undefined) {
      event.preventDefault()
      focusAlert(event.currentTarget, alerts[alerts.indexOf(found.alert) + step]?.id)
    }
    if (!mayAnswer) return
    const said = findAnswer(event.key, found.alert)
    if (said) {
      const list = event.currentTarget
      const at = alerts.indexOf(found.alert)
      const neighbour = alerts[at + 1] ?? alerts[at - 1]
      // Where an alert leaves the list with its answer, the next one has the focus.
      const goOn = () =>
        requestAnimationFrame(() => list.contains(document.activeElement) || focusAlert(list, neighbour?.id))
      answer.mutate({ id: found.alert.id, answer: said }, { onSuccess: goOn })
    }
    if (event.key === 'm') found.row.querySelector<HTMLElement>('[data-mute]')?.click()
  }
}

function findAlert(event: KeyboardEvent, alerts: readonly Alert[]) {
  if (event.ctrlKey || event.metaKey || event.altKey || !(event.target instanceof HTMLElement)) return undefined
  const row = event.target.closest<HTMLElement>('[data-alert]')
  const alert = alerts.find((each) => each.id === row?.dataset.alert)
  return row && alert && { row, alert }
}

function findAnswer(key: string, alert: Alert): 'acknowledge' | 'dismiss' | undefined {
  if (key === 'a' && alert.state === 'raised') return 'acknowledge'
  return key === 'f' && alert.state !== 'dismissed' ? 'dismiss' : undefined
}

function focusAlert(list: HTMLElement, id: string | undefined): void {
  if (id) list.querySelector<HTMLElement>(`[data-alert="${id}"] a`)?.focus()
}
