export default function Assign(_: Record<string, unknown>) { return null; }
