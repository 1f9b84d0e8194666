import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMay } from '@/shared/session/session'
import { findMissing, STEPS, setupStepsOptions } from '@/shared/session/setupSteps'
import { useWords } from '@/shared/words/language'
import classes from './Shell.module.css'
import { words } from './words'

/** Leads to the first start as long as something of it is missing. In the header: there it moves nothing. */
export function SetupHint() {
  const said = useWords(words)
  const maySetUp = useMay('admin')
  const { data } = useQuery({ ...setupStepsOptions, enabled: maySetUp })
  const missing = data ? findMissing(data) : []
  if (!maySetUp || missing.length === 0) return null
  return (
    <Link to="/start" className={classes.hint}>
      {said.setupHint(STEPS.length - missing.length, STEPS.length)}
    </Link>
  )
}
