import { Button, Loader, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { flatten, useOnEnd } from '@/shared/api/lists'
import { When } from '@/shared/time/When'
import { Choice } from '@/shared/ui/Choice'
import { Empty } from '@/shared/ui/Empty'
import { Failure } from '@/shared/ui/Failure'
import { LiveList } from '@/shared/ui/LiveList'
import { useWords } from '@/shared/words/language'
import { type Job, jobsOptions, useRerun } from './queries'
import classes from './system.module.css'
import { TallList } from './TallList'
import { words } from './words'

const ROW_PX = 84
const FILTERS = ['all', 'buried', 'due', 'handed', 'running'] as const

const route = getRouteApi('/shell/system')

/** Queued work: what waits, what runs, and what was given up, to be run again. */
export function Jobs() {
  const said = useWords(words)
  const { state } = route.useSearch()
  const navigate = route.useNavigate()
  const list = useInfiniteQuery(jobsOptions(state))
  const jobs = flatten(list.data)
  const onEnd = useOnEnd(list)
  return (
    <TallList>
      <Choice
        label={said.show}
        value={state ?? 'all'}
        onChoose={(chosen) =>
          navigate({ search: { tab: 'jobs', ...(chosen !== 'all' && { state: chosen }) }, replace: true })
        }
        choices={FILTERS.map((each) => ({ value: each, label: said.jobState[each] }))}
      />
      {list.isPending && <Loader aria-hidden />}
      {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && jobs.length === 0 && <Empty title={said.noJobs} />}
      {jobs.length > 0 && (
        <LiveList
          items={jobs}
          label={said.tab.jobs}
          rowPx={ROW_PX}
          isForReading
          sayNew={said.newJobs}
          onEnd={onEnd}
          render={(job) => <JobRow job={job} />}
        />
      )}
    </TallList>
  )
}

function JobRow({ job }: { job: Job }) {
  const said = useWords(words)
  const rerun = useRerun()
  const kinds: Readonly<Record<string, string>> = said.jobKind
  return (
    <div className={classes.row} data-job={job.id}>
      <div>
        <Text size="sm" fw={600}>
          {`${kinds[job.kind] ?? job.kind} · ${said.jobState[job.state]}`}
        </Text>
        {job.error && <Text size="sm">{job.error}</Text>}
        <Text size="xs" c="dimmed">
          {`${said.tries(job.attempts, job.max_attempts)} · ${said.of} ${job.subject} · `}
          <When at={job.run_at} exact />
        </Text>
      </div>
      {job.state === 'buried' && (
        <Button size="xs" loading={rerun.isPending} onClick={() => rerun.mutate(job.id)}>
          {said.rerun}
        </Button>
      )}
    </div>
  )
}
