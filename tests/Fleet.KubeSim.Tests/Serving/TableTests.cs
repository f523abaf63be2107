using System.Text.Json.Nodes;
using Fleet.KubeSim.Output;
using Fleet.KubeSim.Resources;

namespace Fleet.KubeSim.Tests.Serving;

public class TableTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 1, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Layout_EveryBuiltInKind_AsManyCellsAsColumnsEvenOfAnEmptyObject()
    {
        foreach (var resource in BuiltInResources.All)
        {
            var layout = TableLayout.Of(resource);
            Assert.Equal(layout.Columns.Count, layout.Cells(new JsonObject { ["metadata"] = new JsonObject { ["name"] = "x" } }, Now).Length);
        }
    }

    [Theory]
    [InlineData("", "limitranges", "Name,Created At")]
    [InlineData("rbac.authorization.k8s.io", "roles", "Name,Created At")]
    [InlineData("apps", "deployments", "Name,Ready,Up-to-date,Available,Age,Containers,Images,Selector")]
    [InlineData("", "resourcequotas", "Name,Request,Limit,Age")]
    [InlineData("", "events", "Last Seen,Type,Reason,Object,Subobject,Source,Message,First Seen,Count,Name")]
    [InlineData("batch", "cronjobs", "Name,Schedule,Timezone,Suspend,Active,Last Schedule,Age,Containers,Images,Selector")]
    [InlineData("", "nodes", "Name,Status,Roles,Age,Version,Internal-IP,External-IP,OS-Image,Kernel-Version,Container-Runtime")]
    [InlineData("apiregistration.k8s.io", "apiservices", "Name,Service,Available,Age")]
    public void Layout_Kind_ColumnsOfTheServersPrinters(string group, string plural, string expected) =>
        Assert.Equal(expected, string.Join(',', Layout(group, plural).Columns.Select(c => c.Name)));

    [Theory]
    [InlineData("", "configmaps", """{"metadata":{"name":"n"},"data":{"a":"1"},"binaryData":{"b":""}}""", """["n",2,"\u003Cunknown\u003E"]""")]
    [InlineData("", "namespaces", """{"metadata":{"name":"n","creationTimestamp":"2030-01-01T00:59:00Z"},"status":{"phase":"Active"}}""", """["n","Active","60s"]""")]
    [InlineData("policy", "poddisruptionbudgets", """{"metadata":{"name":"n"},"spec":{"minAvailable":"50%"},"status":{"disruptionsAllowed":1}}""", """["n","50%","N/A",1,"\u003Cunknown\u003E"]""")]
    [InlineData("storage.k8s.io", "storageclasses", """{"metadata":{"name":"n","annotations":{"storageclass.kubernetes.io/is-default-class":"true"}},"provisioner":"p","allowVolumeExpansion":true}""", """["n (default)","p","Delete","Immediate",true,"\u003Cunknown\u003E"]""")]
    [InlineData("", "persistentvolumeclaims", """{"metadata":{"name":"n"},"spec":{"storageClassName":"s","volumeMode":"Filesystem"},"status":{"phase":"Pending","accessModes":["ReadWriteOnce"]}}""", """["n","Pending","","","","s","\u003Cunset\u003E","\u003Cunknown\u003E","Filesystem"]""")]
    [InlineData("", "resourcequotas", """{"metadata":{"name":"n"},"status":{"hard":{"pods":"4","limits.cpu":"2","requests.cpu":"1"},"used":{"pods":"1"}}}""", """["n","pods: 1/4, requests.cpu: 0/1","limits.cpu: 0/2","\u003Cunknown\u003E"]""")]
    [InlineData("networking.k8s.io", "networkpolicies", """{"metadata":{"name":"n"},"spec":{"podSelector":{"matchLabels":{"b":"1"},"matchExpressions":[{"key":"a","operator":"In","values":["y","x"]},{"key":"c","operator":"DoesNotExist"}]}}}""", """["n","a in (x,y),b=1,!c","\u003Cunknown\u003E"]""")]
    [InlineData("networking.k8s.io", "ingresses", """{"metadata":{"name":"n"},"spec":{"rules":[{"host":"a"},{"host":"b"},{"host":"c"},{"host":"d"}],"tls":[{}]},"status":{"loadBalancer":{"ingress":[{"ip":"2"},{"ip":"1"}]}}}""", """["n","\u003Cnone\u003E","a,b,c \u002B 1 more...","1,2","80, 443","\u003Cunknown\u003E"]""")]
    [InlineData("discovery.k8s.io", "endpointslices", """{"metadata":{"name":"n"},"addressType":"IPv4","ports":[{"port":80}],"endpoints":[{"addresses":["1","2"]},{"addresses":["3","4"]}]}""", """["n","IPv4","80","1,2,3 \u002B 1 more...","\u003Cunknown\u003E"]""")]
    [InlineData("apps", "controllerrevisions", """{"metadata":{"name":"n","ownerReferences":[{"apiVersion":"apps/v1","kind":"DaemonSet","name":"d","controller":true}]},"revision":3}""", """["n","daemonset.apps/d",3,"\u003Cunknown\u003E"]""")]
    [InlineData("rbac.authorization.k8s.io", "rolebindings", """{"metadata":{"name":"n"},"roleRef":{"kind":"Role","name":"r"},"subjects":[{"kind":"User","name":"u"},{"kind":"ServiceAccount","namespace":"ns","name":"s"}]}""", """["n","Role/r","\u003Cunknown\u003E","u","","ns/s"]""")]
    [InlineData("autoscaling", "horizontalpodautoscalers", """{"metadata":{"name":"n"},"spec":{"scaleTargetRef":{"kind":"Deployment","name":"d"},"maxReplicas":3,"metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":80}}}]}}""", """["n","Deployment/d","cpu: \u003Cunknown\u003E/80%","\u003Cunset\u003E",3,0,"\u003Cunknown\u003E"]""")]
    [InlineData("", "events", """{"metadata":{"name":"n"},"involvedObject":{"kind":"Pod","name":"p","fieldPath":"spec"},"type":"Normal","reason":"Pulled","message":" done ","source":{"component":"kubelet","host":"node"},"firstTimestamp":"2030-01-01T00:00:00Z","lastTimestamp":"2030-01-01T00:58:00Z","count":4}""", """["2m","Normal","Pulled","pod/p","spec","kubelet, node","done","60m",4,"n"]""")]
    [InlineData("", "pods", """{"metadata":{"name":"n","deletionTimestamp":"x"},"spec":{"containers":[{}]},"status":{"phase":"Running"}}""", """["n","0/1","Terminating","0","\u003Cunknown\u003E","\u003Cnone\u003E","\u003Cnone\u003E","\u003Cnone\u003E","\u003Cnone\u003E"]""")]
    [InlineData("", "pods", """{"metadata":{"name":"n"},"spec":{"containers":[{}],"initContainers":[{},{}]},"status":{"phase":"Pending","initContainerStatuses":[{"restartCount":2,"state":{"running":{}}}]}}""", """["n","0/1","Init:0/2","2","\u003Cunknown\u003E","\u003Cnone\u003E","\u003Cnone\u003E","\u003Cnone\u003E","\u003Cnone\u003E"]""")]
    public void Cells_Object_AsTheServerPrintsThem(string group, string plural, string item, string expected) =>
        Assert.Equal(expected, new JsonArray(Layout(group, plural).Cells(JsonNode.Parse(item)!.AsObject(), Now)).ToJsonString());

    [Theory]
    [InlineData("integer", ".spec.n", "5")]
    [InlineData("number", ".spec.f", "1.5")]
    [InlineData("boolean", ".spec.b", "true")]
    [InlineData("string", ".spec.n", "\"5\"")]
    [InlineData("string", ".spec.list[*]", "\"x\"")]
    [InlineData("string", ".spec.map", "\"{\\u0022k\\u0022:1}\"")]
    [InlineData("integer", ".spec.s", "null")]
    [InlineData("date", ".spec.t", "\"60m\"")]
    [InlineData("date", ".spec.s", "\"\\u003Cinvalid\\u003E\"")]
    [InlineData("string", ".spec.none", "null")]
    public void CustomColumn_Type_ShowsOnlyWhatIsOfIt(string type, string path, string expected)
    {
        var resource = BuiltInResources.All[0] with { IsCustom = true, PrinterColumns = [new JsonObject { ["name"] = "C", ["type"] = type, ["jsonPath"] = path }] };
        var item = JsonNode.Parse("""{"metadata":{"name":"n"},"spec":{"n":5,"f":1.5,"b":true,"s":"text","list":["x","y"],"map":{"k":1},"t":"2030-01-01T00:00:00Z"}}""")!.AsObject();
        Assert.Equal(expected, TableLayout.Of(resource).Cells(item, Now)[1]?.ToJsonString() ?? "null");
    }

    [Fact]
    public void CustomColumns_None_TheAgeAsADate()
    {
        var layout = TableLayout.Of(BuiltInResources.All[0] with { IsCustom = true });
        Assert.Equal(["Name/string", "Age/date"], layout.Columns.Select(c => $"{c.Name}/{c.Type}"));
    }

    private static TableLayout Layout(string group, string plural) => TableLayout.Of(BuiltInResources.All.First(r => r.Group == group && r.Plural == plural));
}
