/** How far a new installation is: the page of the first start shows it, and the shell leads there. */
import { queryOptions } from '@tanstack/react-query'
import { api, ask, type View } from '@/shared/api/client'

export const STEPS = ['administrator', 'camera', 'rule', 'person', 'test'] as const
export type Step = (typeof STEPS)[number]

export const setupStepsOptions = queryOptions({
  queryKey: ['steps'],
  queryFn: ({ signal }) => ask(api.GET('/setup/steps', { signal })),
  staleTime: 60_000,
})

/** The steps that are still to be done, in order. */
export function findMissing(found: View<'SetupStepsView'>): Step[] {
  const done: Record<Step, boolean> = {
    administrator: found.has_administrator,
    camera: found.has_camera,
    rule: found.has_rule,
    person: found.has_recipient,
    test: found.was_tested,
  }
  return STEPS.filter((each) => !done[each])
}
