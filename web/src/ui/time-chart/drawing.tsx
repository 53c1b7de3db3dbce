import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { columnsOf, type Palette, seriesOf, timeRange, timeTexts } from "./series";
import type { ChartProps } from "./time-chart";
import styles from "./time-chart.module.css";

const FONT = "12px system-ui, sans-serif";

/** The chart itself, drawn again when its values, its size or the colours of the page change. */
export default function Drawing(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const plot = useRef<uPlot | null>(null);
  const shape = `${props.kind} ${props.series.map((one) => one.title).join("|")}`;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart of another shape is a new one.
  useEffect(() => {
    const element = place.current;
    if (!element) {
      return;
    }
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(
        options(latest.current, element),
        columnsOf(latest.current),
        element,
      );
    };
    draw();
    const resized = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    resized.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", draw);
    return () => {
      resized.disconnect();
      scheme.removeEventListener("change", draw);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => {
    plot.current?.setData(columnsOf(props));
  }, [props]);

  return <div ref={place} className={styles.drawing} />;
}

function options(props: ChartProps, element: HTMLElement): uPlot.Options {
  const palette = paletteOf(element);
  const axis = {
    stroke: palette("text-muted"),
    font: FONT,
    grid: { stroke: palette("border"), width: 1 },
    ticks: { show: false },
  };
  const { range } = props;
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 24, 0, 0],
    scales: {
      x: { range: (plot) => timeRange(plot.data[0], props.kind) },
      y: { range: range ? [range[0], range[1]] : (_, __, high) => [0, Math.max(high, 1) * 1.05] },
    },
    axes: [
      { ...axis, size: 28, grid: { show: false }, values: (_, times) => timeTexts(times) },
      { ...axis, size: 52, incrs: range ? SHARES : WHOLE },
    ],
    ...seriesOf(props, palette, uPlot.paths),
  };
}

/** The distances between the lines of a chart of counts, and of one of shares. */
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000, 100000];
const SHARES = [0.1, 0.2, 0.25, 0.5, 1];

function paletteOf(element: HTMLElement): Palette {
  const computed = getComputedStyle(element);
  return (name) => {
    // The value of a token may be a function of the scheme: the browser resolves it in `color`.
    const probe = document.createElement("span");
    probe.style.color = computed.getPropertyValue(`--${name}`);
    element.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}
