export default function Help(_: Record<string, unknown>) { return null; }
