/** Links of the router that look like the components' own, with their addresses typed. */
import { Anchor, type AnchorProps, Button, type ButtonProps } from '@mantine/core'
import { createLink } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, Ref } from 'react'

type Given<Own> = Own & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof Own> & { ref?: Ref<HTMLAnchorElement> }

function PlainAnchor(props: Given<AnchorProps>) {
  return <Anchor {...props} />
}

function PlainButton(props: Given<ButtonProps>) {
  return <Button component="a" {...props} />
}

export const TextLink = createLink(PlainAnchor)
export const ButtonLink = createLink(PlainButton)
