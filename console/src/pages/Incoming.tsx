export default function Incoming(_: Record<string, unknown>) { return null; }
