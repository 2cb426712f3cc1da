// SPDX-License-Identifier: LicenseRef-Project
// Goal: a link carries the whole query, and a broken link still opens the page.
import { buildFunnelQuery, canRunFunnel, parseFunnelState } from '@/logic/funnel';
import { newSeries } from '@/logic/series';
import { buildTrendsQuery, parseTrendsState, trendsTitle } from '@/logic/trends';
import { decodeState, encodeState } from '@/logic/url_state';

describe('address state', () => {
  test('survives the way through an address', () => {
    const state = parseTrendsState({
      series: [{ event: 'a & b=c "ü"', math: 'dau', filters: [] }, newSeries(null)],
      range: { date_from: '2026-01-01', date_to: '2026-01-31' },
      interval: 'week',
      breakdown: '$os',
      display: 'bar',
    });
    expect(parseTrendsState(decodeState(`?${encodeState(state)}`))).toEqual(state);
  });

  const broken: [string, string][] = [
    ['no parameter', ''],
    ['not JSON', '?q=%7Bnope'],
    ['an array', '?q=[]'],
    ['a number', '?q=7'],
    ['wrong types', '?q={"series":4,"range":"x","interval":1,"display":null}'],
  ];
  test.each(broken)('%s opens the default trend', (_, search) => {
    const state = parseTrendsState(decodeState(search));
    expect(state.series).toEqual([newSeries(null)]);
    expect(state.range).toEqual({ date_from: '-7d', date_to: null });
    expect(state.interval).toBe('day');
    expect(state.display).toBe('line');
  });
});

describe('queries', () => {
  test('a filter that is not filled in is not sent', () => {
    const state = parseTrendsState({
      series: [
        {
          event: 'purchase',
          filters: [
            { key: 'plan', value: '', operator: 'exact' },
            { key: 'plan', value: 'free', operator: 'exact' },
            { key: 'coupon', operator: 'is_set' },
          ],
        },
      ],
    });
    expect(buildTrendsQuery(state).series[0]?.properties).toEqual([
      { key: 'plan', value: 'free', operator: 'exact', type: 'event' },
      { key: 'coupon', operator: 'is_set', type: 'event' },
    ]);
  });

  test('a funnel runs once every step has an event', () => {
    expect(canRunFunnel(parseFunnelState({ steps: [{ event: 'a' }] }))).toBe(false);
    expect(canRunFunnel(parseFunnelState({ steps: [{ event: 'a' }, {}] }))).toBe(false);
    expect(canRunFunnel(parseFunnelState({ steps: [{ event: 'a' }, { event: 'b' }] }))).toBe(true);
  });

  test('the window of a funnel is checked', () => {
    const filter = (windowAmount: unknown, windowUnit: unknown) =>
      buildFunnelQuery(parseFunnelState({ windowAmount, windowUnit })).funnelsFilter;
    expect(filter(30, 'minute')).toMatchObject({
      funnelWindowInterval: 30,
      funnelWindowIntervalUnit: 'minute',
    });
    expect(filter(-3, 'fortnight')).toMatchObject({
      funnelWindowInterval: 14,
      funnelWindowIntervalUnit: 'day',
    });
  });

  test('the title says what is shown', () => {
    const state = parseTrendsState({
      series: [{ event: 'a' }, { event: 'b', math: 'dau' }, { event: null }],
      breakdown: '$os',
    });
    expect(trendsTitle(state)).toBe(
      'Total count of a, unique users of b and total count of all events by $os',
    );
  });
});
