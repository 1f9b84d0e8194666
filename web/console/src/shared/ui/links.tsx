/** Links of the router that look like the components' own, with their addresses typed. */
import { Anchor, type AnchorProps, Button, type ButtonProps, Group } from '@mantine/core'
import { IconArrowLeft } from '@tabler/icons-react'
import { createLink } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, Ref } from 'react'

type Given<Own> = Own & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof Own> & { ref?: Ref<HTMLAnchorElement> }

function PlainAnchor(props: Given<AnchorProps>) {
  return <Anchor {...props} />
}

function PlainButton(props: Given<ButtonProps>) {
  return <Button component="a" {...props} />
}

function AnchorBack({ children, ...props }: Given<AnchorProps>) {
  return (
    <Anchor size="sm" {...props}>
      <Group component="span" gap={4} display="inline-flex">
        <IconArrowLeft size={16} aria-hidden />
        {children}
      </Group>
    </Anchor>
  )
}

export const TextLink = createLink(PlainAnchor)
export const ButtonLink = createLink(PlainButton)
/** To where one came from. */
export const BackLink = createLink(AnchorBack)
