// SPDX-License-Identifier: LicenseRef-Project
// The numbers of the funnel, a row for each step.
import { formatDuration, formatNumber, formatShare } from '@/logic/format';
import type { FunnelStep } from '@/logic/funnel';

function Row({ step }: { step: FunnelStep }) {
  const isFirst = step.index === 0;
  return (
    <tr>
      <th scope="row">
        {step.index + 1}. {step.name}
      </th>
      <td className="right">{formatNumber(step.count)}</td>
      <td className="right">{formatShare(step.count, step.firstCount)}</td>
      <td className="right">{isFirst ? '–' : formatShare(step.count, step.previousCount)}</td>
      <td className="right">{isFirst ? '–' : formatNumber(step.dropped)}</td>
      <td className="right">{isFirst ? '–' : formatShare(step.dropped, step.previousCount)}</td>
      <td className="right">{formatDuration(step.medianSeconds)}</td>
      <td className="right">{formatDuration(step.averageSeconds)}</td>
    </tr>
  );
}

const kHeadings = [
  'People',
  'Of step 1',
  'Of previous',
  'Dropped off',
  'Drop-off',
  'Median',
  'Average',
];

export function FunnelTable({ steps }: { steps: FunnelStep[] }) {
  return (
    <div className="table_scroll" tabIndex={0} role="region" aria-label="Funnel numbers">
      <table className="data_table numeric">
        <thead>
          <tr>
            <th scope="col">Step</th>
            {kHeadings.map((heading) => (
              <th scope="col" className="right" key={heading}>
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {steps.map((step) => (
            <Row key={step.index} step={step} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
