import { ThemeIcon, Title } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Step } from '@/shared/session/setupSteps'
import { useWords } from '@/shared/words/language'
import classes from './start.module.css'
import { words } from './words'

interface StepItemProps {
  step: Step
  number: number
  isDone: boolean
  isOpen: boolean
  children: ReactNode
}

/** A step by its number and name, and what there is to do once it is opened. */
export function StepItem({ step, number, isDone, isOpen, children }: StepItemProps) {
  const said = useWords(words)
  return (
    <li className={classes.step} data-step={step} data-done={isDone}>
      <Title order={2} size="h4">
        <Link to="/start" search={{ step }} replace className={classes.name} aria-current={isOpen ? 'step' : undefined}>
          <ThemeIcon component="span" radius="xl" variant={isDone ? 'filled' : 'default'} color="green" aria-hidden>
            {isDone ? <IconCheck size={16} /> : number}
          </ThemeIcon>
          <span>{said.step[step]}</span>
          <span className={classes.state}>{isDone ? said.done : said.toDo}</span>
        </Link>
      </Title>
      {isOpen && <div className={classes.body}>{children}</div>}
    </li>
  )
}
