import { describe, expect, it } from 'vitest'
import {
  begin,
  type Drawing,
  findMiddle,
  hasBadName,
  isInside,
  LEAST_CORNERS,
  MOST_CORNERS,
  nameZone,
  readShapes,
  type Step,
  take,
  writeShapes,
} from './shapes'

const TRIANGLE = [
  { x: 0, y: 0 },
  { x: 1, y: 0 },
  { x: 0, y: 1 },
]

function run(drawing: Drawing, ...steps: Step[]): Drawing {
  return steps.reduce(take, drawing)
}

function add(x: number, y: number): Step {
  return { do: 'add', corner: { x, y } }
}

const TRACED: Step[] = [{ do: 'begin', kind: 'mask', name: '' }, add(0.1, 0.1), add(0.5, 0.1), add(0.5, 0.5)]

describe('a polygon', () => {
  it('is traced corner by corner and closed', () => {
    const drawn = run(begin([]), ...TRACED, { do: 'close' })
    expect(writeShapes(drawn.shapes)).toEqual({
      zones: [],
      masks: [
        {
          polygon: [
            { x: 0.1, y: 0.1 },
            { x: 0.5, y: 0.1 },
            { x: 0.5, y: 0.5 },
          ],
        },
      ],
    })
  })

  it('is no polygon before it has three corners and is closed', () => {
    const two = run(begin([]), ...TRACED.slice(0, 3), { do: 'close' })
    expect(two.shapes[0]?.isOpen).toBe(true)
    expect(writeShapes(two.shapes).masks).toEqual([])
  })

  it('stays within the picture, and has no more corners than the service takes', () => {
    const outside = run(begin([]), { do: 'begin', kind: 'mask', name: '' }, add(-3, 1.00006))
    expect(outside.shapes[0]?.polygon).toEqual([{ x: 0, y: 1 }])
    const many = run(outside, ...Array.from({ length: 100 }, () => add(0.5, 0.5)))
    expect(many.shapes[0]?.polygon).toHaveLength(MOST_CORNERS)
  })

  it('is undone step by step, and a drag at once', () => {
    const drawn = run(begin([]), ...TRACED, { do: 'close' })
    const dragged = run(
      drawn,
      ...[0.2, 0.3, 0.4].map((x): Step => ({ do: 'move', at: 0, to: { x, y: 0 }, gesture: 'drag 1' })),
      { do: 'move', at: 0, to: { x: 0.9, y: 0 }, gesture: 'drag 2' },
    )
    expect(dragged.shapes[0]?.polygon[0]).toEqual({ x: 0.9, y: 0 })
    const once = run(dragged, { do: 'undo' })
    expect(once.shapes[0]?.polygon[0]).toEqual({ x: 0.4, y: 0 })
    const twice = run(once, { do: 'undo' })
    expect(twice.shapes).toEqual(drawn.shapes)
    const reopened = run(twice, { do: 'undo' })
    expect(reopened.shapes[0]?.isOpen).toBe(true)
    expect(reopened.chosen).toBe(0)
    const none = run(reopened, ...Array.from({ length: 9 }, (): Step => ({ do: 'undo' })))
    expect(none).toEqual(begin([]))
  })

  it('gets a corner between two, and loses one as long as three are left', () => {
    const drawn = run(begin([{ kind: 'zone', name: 'a', polygon: TRIANGLE, isOpen: false }]), {
      do: 'choose',
      shape: 0,
    })
    expect(findMiddle(TRIANGLE, 2)).toEqual({ x: 0, y: 0.5 })
    const more = run(drawn, { do: 'insert', after: 2, corner: findMiddle(TRIANGLE, 2) })
    expect(more.shapes[0]?.polygon).toEqual([...TRIANGLE, { x: 0, y: 0.5 }])
    const fewer = run(more, { do: 'drop', at: 1 })
    expect(fewer.shapes[0]?.polygon).toHaveLength(LEAST_CORNERS)
    expect(run(fewer, { do: 'drop', at: 0 })).toBe(fewer)
  })

  it('is given up, or removed, and comes back by undo', () => {
    const given = run(begin([]), ...TRACED, { do: 'cancel' })
    expect(given.shapes).toEqual([])
    expect(run(given, { do: 'undo' }).shapes[0]?.polygon).toHaveLength(3)
    const removed = run(begin(readShapes({ zones: [{ name: 'a', polygon: TRIANGLE }], masks: [] })), {
      do: 'remove',
      shape: 0,
    })
    expect(removed.shapes).toEqual([])
    expect(run(removed, { do: 'undo' }).shapes[0]?.name).toBe('a')
  })

  it('is drawn one at a time', () => {
    const drawn = run(begin([]), ...TRACED)
    expect(run(drawn, { do: 'begin', kind: 'zone', name: 'b' })).toBe(drawn)
    expect(run(drawn, { do: 'choose', shape: undefined }).chosen).toBe(0)
  })
})

describe('names of zones', () => {
  const zone = (name: string) => ({ kind: 'zone' as const, name, polygon: TRIANGLE, isOpen: false })

  it('are there and differ', () => {
    const zones = [zone('door'), zone(' door '), zone(' '), zone('counter')]
    expect(zones.map((each) => hasBadName(zones, each))).toEqual([true, true, true, false])
    expect(nameZone([zone('Zone 1'), zone('Zone 3')], 'Zone')).toBe('Zone 2')
  })

  it('that are typed are undone as one', () => {
    const typed = run(begin([zone('a')]), { do: 'rename', shape: 0, name: 'b' }, { do: 'rename', shape: 0, name: 'bc' })
    expect(run(typed, { do: 'undo' }).shapes[0]?.name).toBe('a')
  })
})

it('reads and writes what the service has', () => {
  const camera = { zones: [{ name: 'a', polygon: TRIANGLE }], masks: [{ polygon: TRIANGLE }] }
  expect(writeShapes(readShapes(camera))).toEqual(camera)
})

it('knows what lies inside a polygon, also one with a bay', () => {
  const bay = [
    { x: 0, y: 0 },
    { x: 1, y: 0 },
    { x: 1, y: 1 },
    { x: 0.5, y: 0.2 },
    { x: 0, y: 1 },
  ]
  expect(isInside(bay, { x: 0.1, y: 0.5 })).toBe(true)
  expect(isInside(bay, { x: 0.5, y: 0.6 })).toBe(false)
  expect(isInside(bay, { x: 1.2, y: 0.5 })).toBe(false)
})
