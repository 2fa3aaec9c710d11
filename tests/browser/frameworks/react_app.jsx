import { NewsTicker } from "news-ticker/react";
import { StrictMode, useRef, useState } from "react";

/** @param {string} name */
const say = (name) => (/** @type {any} */ value) =>
  console.log(JSON.stringify([name, value.action ?? value.phase ?? value.headline ?? value.status]));

/** @param {any} options */
export function App(options) {
  const [shown, setShown] = useState(true);
  const [key, setKey] = useState(1);
  const [count, setCount] = useState(5);
  const ticker = useRef(/** @type {any} */ (null));
  return (
    <StrictMode>
      <button onClick={() => setCount(2)}>Fewer</button>
      <button onClick={() => setKey(key + 1)}>Another</button>
      <button onClick={() => setShown(false)}>Hide</button>
      <button onClick={() => console.log(JSON.stringify(["ref", ticker.current.ticker.status.phase]))}>Ref</button>
      {shown && (
        <NewsTicker
          key={key}
          ref={ticker}
          {...options}
          count={count}
          dismissible
          className="wide"
          style={{ color: "green" }}
          data-key={key}
          onItem={say(`item ${count}`)}
          onCorrection={say("correction")}
          onRetraction={say("retraction")}
          onStatus={say("status")}
        />
      )}
    </StrictMode>
  );
}
