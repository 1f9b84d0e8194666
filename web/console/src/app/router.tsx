/** Every address of the console. Pages are loaded when they are first opened. */
import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { sessionOptions, setupOptions } from '@/shared/session/session'
import { Nowhere, PageFailure, PagePending } from './fallbacks'
import { queryClient } from './queryClient'
import { Shell } from './Shell'
import * as search from './search'

const root = createRootRouteWithContext<{ client: QueryClient }>()({ component: Outlet, notFoundComponent: Nowhere })

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: search.signIn,
  beforeLoad: async ({ context, search: { next } }) => {
    if (await context.client.ensureQueryData(sessionOptions)) throw redirect({ href: next ?? '/console/' })
    const { is_needed: isNeeded } = await context.client.fetchQuery(setupOptions)
    if (isNeeded) throw redirect({ to: '/set-up' })
  },
  component: lazyRouteComponent(() => import('@/features/session/SignInPage'), 'SignInPage'),
})

const setUp = createRoute({
  getParentRoute: () => root,
  path: '/set-up',
  beforeLoad: async ({ context }) => {
    const { is_needed: isNeeded } = await context.client.fetchQuery(setupOptions)
    if (!isNeeded) throw redirect({ to: '/' })
  },
  component: lazyRouteComponent(() => import('@/features/session/SetUpPage'), 'SetUpPage'),
})

/** Around every page that takes somebody who is signed in. */
const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  beforeLoad: async ({ context, location }) => {
    const principal = await context.client.ensureQueryData(sessionOptions)
    if (!principal) throw redirect({ to: '/sign-in', search: { next: location.publicHref } })
  },
  component: Shell,
})

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/alerts' })
  },
})

const live = createRoute({
  getParentRoute: () => shell,
  path: '/live',
  validateSearch: search.live,
  component: lazyRouteComponent(() => import('@/features/live/LivePage'), 'LivePage'),
})

const alerts = createRoute({
  getParentRoute: () => shell,
  path: '/alerts',
  validateSearch: search.alerts,
  component: lazyRouteComponent(() => import('@/features/alerts/AlertsPage'), 'AlertsPage'),
})

const alert = createRoute({
  getParentRoute: () => alerts,
  path: '/$alertId',
  component: lazyRouteComponent(() => import('@/features/alerts/AlertPage'), 'AlertPage'),
})

const start = createRoute({
  getParentRoute: () => shell,
  path: '/start',
  validateSearch: search.start,
  component: lazyRouteComponent(() => import('@/features/start/StartPage'), 'StartPage'),
})

const system = createRoute({
  getParentRoute: () => shell,
  path: '/system',
  validateSearch: search.system,
  component: lazyRouteComponent(() => import('@/features/system/SystemPage'), 'SystemPage'),
})

const rules = createRoute({
  getParentRoute: () => shell,
  path: '/rules',
  component: lazyRouteComponent(() => import('@/features/rules/RulesPage'), 'RulesPage'),
})

const newRule = createRoute({
  getParentRoute: () => shell,
  path: '/rules/new',
  validateSearch: search.newRule,
  component: lazyRouteComponent(() => import('@/features/rules/NewRulePage'), 'NewRulePage'),
})

const rule = createRoute({
  getParentRoute: () => shell,
  path: '/rules/$ruleId',
  component: lazyRouteComponent(() => import('@/features/rules/RulePage'), 'RulePage'),
})

const recipients = createRoute({
  getParentRoute: () => shell,
  path: '/recipients',
  component: lazyRouteComponent(() => import('@/features/recipients/RecipientsPage'), 'RecipientsPage'),
})

const newRecipient = createRoute({
  getParentRoute: () => shell,
  path: '/recipients/new',
  component: lazyRouteComponent(() => import('@/features/recipients/NewRecipientPage'), 'NewRecipientPage'),
})

const invite = createRoute({
  getParentRoute: () => shell,
  path: '/recipients/invite',
  component: lazyRouteComponent(() => import('@/features/recipients/InvitePage'), 'InvitePage'),
})

const recipient = createRoute({
  getParentRoute: () => shell,
  path: '/recipients/$recipientId',
  component: lazyRouteComponent(() => import('@/features/recipients/RecipientPage'), 'RecipientPage'),
})

const cameras = createRoute({
  getParentRoute: () => shell,
  path: '/cameras',
  component: lazyRouteComponent(() => import('@/features/cameras/CamerasPage'), 'CamerasPage'),
})

const addCamera = createRoute({
  getParentRoute: () => shell,
  path: '/cameras/new',
  component: lazyRouteComponent(() => import('@/features/cameras/AddCameraPage'), 'AddCameraPage'),
})

const camera = createRoute({
  getParentRoute: () => shell,
  path: '/cameras/$cameraId',
  component: lazyRouteComponent(() => import('@/features/cameras/CameraPage'), 'CameraPage'),
})

const events = createRoute({
  getParentRoute: () => shell,
  path: '/events',
  validateSearch: search.events,
  component: lazyRouteComponent(() => import('@/features/events/EventsPage'), 'EventsPage'),
})

const event = createRoute({
  getParentRoute: () => events,
  path: '/$eventId',
  component: lazyRouteComponent(() => import('@/features/events/EventPage'), 'EventPage'),
})

const clips = createRoute({
  getParentRoute: () => shell,
  path: '/clips',
  validateSearch: search.clips,
  component: lazyRouteComponent(() => import('@/features/clips/ClipsPage'), 'ClipsPage'),
})

const clip = createRoute({
  getParentRoute: () => shell,
  path: '/clips/$clipId',
  validateSearch: search.clip,
  component: lazyRouteComponent(() => import('@/features/clips/ClipPage'), 'ClipPage'),
})

const account = createRoute({
  getParentRoute: () => shell,
  path: '/account',
  component: lazyRouteComponent(() => import('@/features/account/AccountPage'), 'AccountPage'),
})

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    setUp,
    shell.addChildren([
      home,
      live,
      alerts.addChildren([alert]),
      events.addChildren([event]),
      clips,
      clip,
      rules,
      newRule,
      rule,
      cameras,
      addCamera,
      camera,
      recipients,
      newRecipient,
      invite,
      recipient,
      start,
      system,
      account,
    ]),
  ]),
  basepath: '/console',
  context: { client: queryClient },
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0, // Query decides what is fresh
  scrollRestoration: true,
  defaultErrorComponent: PageFailure,
  defaultPendingComponent: PagePending,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
