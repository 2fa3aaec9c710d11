/** The element as a component. The `$el` of its template ref is the element. */
export const NewsTicker: import("vue").DefineComponent<import("vue").ExtractPropTypes<{
    server: {
        type: StringConstructor;
        required: true;
    };
    edition: {
        type: PropType<Values>;
    };
    section: {
        type: PropType<Values>;
    };
    region: {
        type: PropType<Values>;
    };
    tag: {
        type: PropType<Values>;
    };
    story: {
        type: PropType<Values>;
    };
    level: {
        type: PropType<Level>;
    };
    layout: {
        type: PropType<Layout>;
    };
    count: {
        type: NumberConstructor;
    };
    theme: {
        type: PropType<"light" | "dark" | "auto">;
    };
    breaking: {
        type: StringConstructor;
    };
    skip: {
        type: PropType<Values>;
    };
    dismissible: {
        type: BooleanConstructor;
    };
    itemHref: {
        type: StringConstructor;
    };
    timeZone: {
        type: StringConstructor;
    };
    lang: {
        type: StringConstructor;
    };
    /** From `fetchInitialHtml`; only its first value counts. */
    initialHtml: {
        type: StringConstructor;
    };
}>, () => import("vue").VNode<import("vue").RendererNode, import("vue").RendererElement, {
    [key: string]: any;
}>, {}, {}, {}, import("vue").ComponentOptionsMixin, import("vue").ComponentOptionsMixin, {
    item: (_event: ItemEvent) => true;
    correction: (_item: Item) => true;
    retraction: (_item: Item) => true;
    open: (_item: Item) => true;
    status: (_status: Status) => true;
}, string, import("vue").PublicProps, Readonly<import("vue").ExtractPropTypes<{
    server: {
        type: StringConstructor;
        required: true;
    };
    edition: {
        type: PropType<Values>;
    };
    section: {
        type: PropType<Values>;
    };
    region: {
        type: PropType<Values>;
    };
    tag: {
        type: PropType<Values>;
    };
    story: {
        type: PropType<Values>;
    };
    level: {
        type: PropType<Level>;
    };
    layout: {
        type: PropType<Layout>;
    };
    count: {
        type: NumberConstructor;
    };
    theme: {
        type: PropType<"light" | "dark" | "auto">;
    };
    breaking: {
        type: StringConstructor;
    };
    skip: {
        type: PropType<Values>;
    };
    dismissible: {
        type: BooleanConstructor;
    };
    itemHref: {
        type: StringConstructor;
    };
    timeZone: {
        type: StringConstructor;
    };
    lang: {
        type: StringConstructor;
    };
    /** From `fetchInitialHtml`; only its first value counts. */
    initialHtml: {
        type: StringConstructor;
    };
}>> & Readonly<{
    onItem?: ((_event: ItemEvent) => any) | undefined;
    onOpen?: ((_item: Item) => any) | undefined;
    onStatus?: ((_status: Status) => any) | undefined;
    onCorrection?: ((_item: Item) => any) | undefined;
    onRetraction?: ((_item: Item) => any) | undefined;
}>, {
    dismissible: boolean;
}, {}, {}, {}, string, import("vue").ComponentProvideOptions, true, {}, any>;
import type { Values } from "../frameworks/options.js";
import type { PropType } from "vue";
import type { Level } from "../client/index.js";
import type { Layout } from "../frameworks/options.js";
import type { ItemEvent } from "../frameworks/options.js";
import type { Item } from "../client/index.js";
import type { Status } from "../client/index.js";
