import { describe, expect, it } from 'vitest'
import { traceTimeline } from './timeline.ts'

describe('a timeline', () => {
  it('is a document of complete events in microseconds, a thread for each lane', () => {
    let now = 100
    const timeline = traceTimeline(() => now)
    const open = timeline.span('open', undefined, { target: 'a' })
    now = 101.5
    const layer = timeline.span('read', 'layer 1')
    timeline.instant('cache: miss')
    now = 104
    layer({ bytes: 7 })
    open()
    open()
    const { traceEvents } = JSON.parse(timeline.document())
    expect(traceEvents).toEqual([
      { name: 'thread_name', ph: 'M', ts: 0, pid: 1, tid: 1, args: { name: 'bulwark' } },
      { name: 'thread_name', ph: 'M', ts: 0, pid: 1, tid: 2, args: { name: 'layer 1' } },
      { name: 'cache: miss', ph: 'i', ts: 1500, pid: 1, tid: 1, s: 't' },
      { name: 'read', ph: 'X', ts: 1500, dur: 2500, pid: 1, tid: 2, args: { bytes: 7 } },
      { name: 'open', ph: 'X', ts: 0, dur: 4000, pid: 1, tid: 1, args: { target: 'a' } },
    ])
  })

  it('ends what a failure left open, and bounds what it keeps', () => {
    const timeline = traceTimeline(() => 0)
    timeline.span('never ended')
    for (let i = 0; i < 200_010; i++) timeline.instant('x')
    const document = JSON.parse(timeline.document())
    expect(document.otherData).toEqual({ droppedEvents: 11 })
    expect(document.traceEvents).toHaveLength(200_001)
  })
})
