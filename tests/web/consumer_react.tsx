// Code of a site that uses the React component, under TypeScript's strictest options.

import { NewsTicker, type NewsTickerProps } from "news-ticker/react";
import { fetchInitialHtml } from "news-ticker/server";
import { useRef } from "react";

export const load = (): Promise<string> =>
  fetchInitialHtml({ server: "https://news.example", edition: "en", layout: "list" }, { timeoutMs: 500 });

export function Breaking({ html, tag }: { html: string; tag: string | undefined }) {
  const ticker = useRef<React.ComponentRef<typeof NewsTicker>>(null);
  const props: NewsTickerProps = { server: "https://news.example", edition: ["en", "es"], tag };
  return (
    <section onClick={() => console.log(ticker.current?.ticker?.status.phase)}>
      <NewsTicker
        {...props}
        ref={ticker}
        className="breaking"
        aria-label="Breaking news"
        layout="list"
        level="urgent"
        count={5}
        dismissible={false}
        initialHtml={html}
        onItem={({ action, item }) => console.log(action === "publish" && item.headline)}
        onCorrection={(item) => console.log(item.correction?.text)}
        onRetraction={({ id }) => console.log(id)}
        onStatus={({ phase }) => console.log(phase === "live")}
      />
      {/* @ts-expect-error the address of the newsroom is required */}
      <NewsTicker edition="en" />
      {/* @ts-expect-error no such layout */}
      <NewsTicker server="https://news.example" layout="marquee" />
      {/* @ts-expect-error a misspelt facet would show too much */}
      <NewsTicker server="https://news.example" editon="en" />
    </section>
  );
}
