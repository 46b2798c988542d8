export default function Situation(_: Record<string, unknown>) { return null; }
