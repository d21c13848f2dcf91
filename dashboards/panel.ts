// How a panel of ours looks: one style for every graph and number, so that a row file is only its questions.
//
// Each panel says what it shows, what is normal, and what to do when it is not; leaving one out does not compile.

import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

export type Panel = cog.Builder<dashboard.Panel>;

/** A line of the page with its panels; their widths fill lines of 24 columns. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Question {
  readonly title: string;
  readonly shows: string;
  readonly normal: string;
  /** What to do when it is not normal. */
  readonly otherwise: string;
  readonly queries: readonly Query[];
  /** A unit of Grafana, from the SDK's `units`. */
  readonly unit: string;
  /** Columns of 24. */
  readonly width: number;
}

export interface Query {
  readonly expr: string;
  /** Name of its series, with labels as `{{label}}`. */
  readonly legend: string;
}

/** From good to bad, or the reverse: `value` is the least at which the colour holds, the first has none. */
export type Steps = readonly [
  { readonly color: Color },
  ...{ readonly color: Color; readonly value: number }[],
];
export type Color = 'green' | 'yellow' | 'red' | 'text';

export interface GraphQuestion extends Question {
  /** Series are parts of a whole. */
  readonly stacked?: boolean;
  readonly max?: number;
  /** Series with these names get a unit and an axis of their own, on the right. */
  readonly right?: { readonly names: RegExp; readonly unit: string };
}

export interface NumberQuestion extends Question {
  readonly steps?: Steps;
  readonly decimals?: number;
}

/** The variable that the viewer of the dashboard chooses the Prometheus with. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is Grafana that fills it in
export const DATASOURCE: common.DataSourceRef = { type: 'prometheus', uid: '${datasource}' };

export const GRAPH_HEIGHT = 8;
export const NUMBER_HEIGHT = 5;

export function graph(question: GraphQuestion): Panel {
  const { stacked = false, unit, max, right } = question;
  const panel = asked(new timeseries.PanelBuilder(), question)
    .height(GRAPH_HEIGHT)
    .unit(unit)
    .axisSoftMin(0)
    .lineWidth(1)
    .fillOpacity(stacked ? 40 : 8)
    .showPoints(common.VisibilityMode.Never)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi));
  if (stacked) panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group('A'));
  if (max !== undefined) panel.max(max);
  if (right !== undefined) {
    panel.overrideByRegexp(`/${right.names.source}/`, [
      { id: 'unit', value: right.unit },
      { id: 'custom.axisPlacement', value: 'right' },
      { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 4] } },
      { id: 'max' },
    ]);
  }
  return panel;
}

export function number(question: NumberQuestion): Panel {
  const { unit, steps, decimals } = question;
  const panel = asked(new stat.PanelBuilder(), question)
    .height(NUMBER_HEIGHT)
    .unit(unit)
    .noValue('no data')
    .graphMode(common.BigValueGraphMode.Area)
    .colorMode(steps === undefined ? common.BigValueColorMode.None : common.BigValueColorMode.Value)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']));
  if (decimals !== undefined) panel.decimals(decimals);
  if (steps !== undefined) {
    panel.thresholds(
      new dashboard.ThresholdsConfigBuilder()
        .mode(dashboard.ThresholdsMode.Absolute)
        .steps(steps.map((step) => ({ color: step.color, value: 'value' in step ? step.value : null }))),
    );
  }
  return panel;
}

export interface TableQuestion extends Question {
  /** Columns that nobody wants to read. */
  readonly hidden: readonly string[];
}

/** The present labels of the first query's series, a row each. */
export function labelTable(question: TableQuestion): Panel {
  const [query] = question.queries;
  const panel = described(new table.PanelBuilder(), question).height(GRAPH_HEIGHT).unit(question.unit);
  if (query !== undefined) {
    panel.withTarget(target(query, 0).instant().format(prometheus.PromQueryFormat.Table));
  }
  const excludeByName = Object.fromEntries(question.hidden.map((column) => [column, true]));
  return panel.withTransformation({ id: 'organize', options: { excludeByName } });
}

interface Askable<Self> {
  title(title: string): Self;
  description(description: string): Self;
  datasource(datasource: common.DataSourceRef): Self;
  span(columns: number): Self;
  targets(targets: cog.Builder<cog.Dataquery>[]): Self;
}

function asked<Builder extends Askable<Builder>>(panel: Builder, question: Question): Builder {
  return described(panel, question).targets(question.queries.map(target));
}

function described<Builder extends Askable<Builder>>(panel: Builder, question: Question): Builder {
  const { title, shows, normal, otherwise, width } = question;
  return panel
    .title(title)
    .description(`${shows}\n\n**Normal:** ${normal}\n\n**If not:** ${otherwise}`)
    .datasource(DATASOURCE)
    .span(width);
}

function target({ expr, legend }: Query, index: number): prometheus.DataqueryBuilder {
  return new prometheus.DataqueryBuilder()
    .datasource(DATASOURCE)
    .editorMode(prometheus.QueryEditorMode.Code)
    .refId(String.fromCharCode(65 + index))
    .expr(expr)
    .legendFormat(legend)
    .range();
}
