using Fleet.KubeSim.Conformance;

namespace Fleet.KubeSim.Tests.Conformance;

public class ExcusesTests
{
    [Fact]
    public void Read_Page_GivesWhatStandsBelowTheHeadingWithAReason()
    {
        var excused = Excuses.Read(["# Page", "- `before`: no", Excuses.Heading, "", "- `crd-x`: the recording's clock was wrong", "- `silent`:", "text", "## Next", "- `after`: no"]);
        Assert.Equal([new KeyValuePair<string, string>("crd-x", "the recording's clock was wrong")], excused);
    }
}
